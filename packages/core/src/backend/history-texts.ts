import { copyOfText, isStill, type PlainCopy } from '../serialization/plain-copy.js'

/** So many characters of text are kept, of all runs together. */
const MAX_SIZE = 8 * 2 ** 20

interface Item {
  text: string
  /** Made when the text has come twice: most histories are saved once, or lengthened. */
  copy: PlainCopy | undefined
}

interface Entry {
  readonly items: Item[]
  size: number
}

/**
 * The texts of the histories that were saved last: who saves a snapshot with its whole history after every step pays for what is new,
 * and for a look at the rest. It is known by its content, so it does not matter who else writes, nor what becomes of a save.
 */
export class HistoryTexts {
  readonly #maxSize: number
  readonly #entries = new Map<string, Entry>()
  #size = 0

  constructor(maxSize = MAX_SIZE) {
    this.#maxSize = maxSize
  }

  /** The text that the item at this place had, if it would be written as the same again. */
  find(runId: string, index: number, item: unknown): string | null {
    const known = this.#entries.get(runId)?.items[index]
    if (known?.copy === undefined) return null
    try {
      return isStill(item, known.copy) ? known.text : null
    } catch {
      return null // a getter or Proxy that throws: whoever writes the text says where
    }
  }

  /** Those that were kept first go first. */
  keep(runId: string, items: readonly unknown[], texts: readonly string[]): void {
    const entry = this.#entries.get(runId) ?? { items: [], size: 0 }
    this.#entries.delete(runId)
    this.#size -= entry.size
    entry.size = renew(entry.items, items, texts)
    if (entry.size === 0 || entry.size > this.#maxSize) return
    this.#entries.set(runId, entry)
    this.#size += entry.size
    for (const [oldest, { size }] of this.#entries) {
      if (this.#size <= this.#maxSize) break
      this.#entries.delete(oldest)
      this.#size -= size
    }
  }
}

/** Gives the size of the texts. */
function renew(known: Item[], items: readonly unknown[], texts: readonly string[]): number {
  let size = 0
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] as string
    const old = known[index]
    if (old?.text !== text) known[index] = { text, copy: undefined }
    else if (old.copy === undefined) old.copy = copyIfStill(items[index], text)
    size += text.length
  }
  known.length = texts.length
  return size
}

/** A copy that no value is equal to. */
const OF_NOTHING: PlainCopy = Number.NaN

function copyIfStill(item: unknown, text: string): PlainCopy {
  try {
    const copy = copyOfText(text)
    return isStill(item, copy) ? copy : OF_NOTHING
  } catch {
    return OF_NOTHING // nested too deep for a copy, or a getter or Proxy that throws by now
  }
}

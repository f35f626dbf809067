import { createHash } from 'node:crypto'
import { cutText, type Encoded, StateBackendError, type StatePatchRow } from '@flujo-state/core'
import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { largeValues } from '../schema.js'
import { placeholders, type Query, type RecordQuery, type Statements } from '../statement.js'

const t = largeValues
const columns = getTableColumns(t)
const piece = { hash: t.hash, value: t.value }

/** The payloads of a snapshot, which are written again with every save. */
const PAYLOADS = ['pipelineContext', 'lastStepOutput'] as const
type Payload = (typeof PAYLOADS)[number]
/** For each large payload the hashes of its pieces, in their order. */
type Manifest = { [K in Payload]?: string[] }

/** What becomes of a change of a snapshot that has a large payload now, or had one. */
export interface Offloaded {
  /** The change, with a note in place of each large payload. */
  readonly set: StatePatchRow
  /** The new manifest as text; null: nothing large is left. */
  readonly large: string | null
  /** Pieces that were not stored yet, by their hash. */
  readonly added: ReadonlyMap<string, string>
  /** The hashes of those that nothing refers to any more. */
  readonly removed: readonly string[]
}

/**
 * Large payloads in pieces, beside their snapshot: a save writes only the pieces that it does not find there. Pieces are known by
 * their SHA-256, each within its own run.
 */
export class LargeValueQueries {
  readonly #offloadBytes: number
  readonly #read: RecordQuery<{ readonly hash: string; readonly value: string }>
  readonly #insert: Query
  readonly #remove: Query
  readonly #delete: Query

  constructor(statements: Statements, offloadBytes: number) {
    const ofState = eq(t.stateId, sql.placeholder('stateId'))
    const listed = sql`${t.hash} in (select value from json_each(${sql.placeholder('hashes')}))`
    this.#offloadBytes = offloadBytes
    this.#read = statements.records(piece, sql`select ${selection(piece)} from ${t} where ${ofState}`)
    this.#insert = statements.query((db) => db.insert(t).values(placeholders(columns)))
    this.#remove = statements.query((db) => db.delete(t).where(and(ofState, listed)))
    this.#delete = statements.query((db) => db.delete(t).where(ofState))
  }

  /** Null if there is nothing to do, which costs next to nothing. @throws `CORRUPT` if the stored manifest is none */
  offload(set: StatePatchRow, stored: Stored | null): Offloaded | null {
    const large = PAYLOADS.filter((name) => this.#isLarge(set[name]))
    if ((stored === null || stored.large === null) && large.length === 0) return null
    const before = stored === null ? {} : manifestOf(stored)
    const after = { ...before }
    const [inline, pieces] = [{ ...set } as { -readonly [K in keyof StatePatchRow]: StatePatchRow[K] }, new Map()]
    for (const name of PAYLOADS) {
      const text = set[name]
      if (text === undefined) continue
      delete after[name]
      if (!large.includes(name)) continue
      after[name] = cutText(text).map((value) => keep(pieces, value))
      inline[name] = noteOf(text)
    }
    const [had, has] = [hashesOf(before), hashesOf(after)]
    return {
      set: inline,
      large: has.size === 0 ? null : JSON.stringify(after),
      added: new Map([...pieces].filter(([hash]) => !had.has(hash))),
      removed: [...had].filter((hash) => !has.has(hash)),
    }
  }

  #isLarge(text: Encoded | undefined): boolean {
    // A UTF-16 unit takes at most three bytes, so short texts need not be measured.
    if (text === undefined || text.length * 3 <= this.#offloadBytes) return false
    return text.length > this.#offloadBytes || Buffer.byteLength(text) > this.#offloadBytes
  }

  /** Writes the pieces of the snapshot with this `id`, and sweeps those that are not needed any more. */
  apply(stateId: number, { added, removed }: Offloaded): void {
    for (const [hash, value] of added) this.#insert.run({ stateId, hash, value })
    if (removed.length > 0) this.#remove.run({ stateId, hashes: JSON.stringify(removed) })
  }

  /** The snapshot's row with its large payloads in place. @throws `CORRUPT` if a piece is missing or not what it was */
  complete<R extends Stored>(row: R): R {
    if (row.large === null) return row
    const pieces = new Map(this.#read.all({ stateId: row.id }).map(({ hash, value }) => [hash, value]))
    const manifest = manifestOf(row)
    const texts: { [K in Payload]?: string } = {}
    for (const name of PAYLOADS)
      if (manifest[name]) texts[name] = manifest[name].map((hash) => wholePiece(pieces, hash, row, name)).join('')
    return { ...row, ...texts }
  }

  delete(stateId: number): void {
    this.#delete.run({ stateId })
  }
}

export interface Stored {
  readonly id: number
  readonly runId: string
  readonly large: string | null
}

function keep(pieces: Map<string, string>, value: string): string {
  const hash = hashOf(value)
  pieces.set(hash, value)
  return hash
}

function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}

function hashesOf(manifest: Manifest): Set<string> {
  return new Set(PAYLOADS.flatMap((name) => manifest[name] ?? []))
}

/** What people see who look into the table. */
function noteOf(text: Encoded): Encoded {
  return JSON.stringify(`${text.length} characters, in large_values`)
}

function manifestOf(row: Stored): Manifest {
  if (row.large === null) return {}
  try {
    const manifest = JSON.parse(row.large)
    for (const name of PAYLOADS) if (!isListOfTexts(manifest[name] ?? [])) throw new TypeError(`${name} is no list`)
    return manifest
  } catch (cause) {
    throw damaged(row, 'its list of large values', cause)
  }
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function wholePiece(pieces: ReadonlyMap<string, string>, hash: string, row: Stored, name: Payload): string {
  const piece = pieces.get(hash)
  if (piece === undefined || hashOf(piece) !== hash) throw damaged(row, `a piece of its ${name}`)
  return piece
}

function damaged({ runId }: Stored, what: string, cause?: unknown): StateBackendError {
  const message = `the stored record of run '${runId}' is damaged: ${what} is missing or not what was saved. Restore it from a backup, or delete the run`
  return new StateBackendError('CORRUPT', message, { runId, cause })
}

/** What several clients did at the same time, as each of them saw it. */
import { type ErrorCode, isStateBackendError } from '@flujo-state/core'
import { show } from '../show.js'

/** One call: what was asked, from when to when, and what came back. Times are those of one counter, so that no two are equal. */
export interface Operation<A, R = unknown> {
  readonly client: string
  readonly action: A
  readonly start: number
  /** Infinity if nobody knows: it may have happened at any time since, or not at all. */
  readonly end: number
  readonly outcome: 'ok' | 'fail' | 'unknown'
  /** What an `ok` gave. */
  readonly result: R | undefined
  /** How a `fail` was refused. */
  readonly code: ErrorCode | null
}

export interface HistoryOptions {
  /** Refusals that belong to the workload; any other makes `call` fail. */
  readonly refusals?: readonly ErrorCode[]
  /** Whether nobody can know what became of a call that failed so: its process was killed. */
  readonly isLost?: (error: unknown) => boolean
}

export class History<A, R = unknown> {
  readonly operations: Operation<A, R>[] = []
  readonly #refusals: readonly ErrorCode[]
  readonly #isLost: (error: unknown) => boolean
  #time = 0

  constructor({ refusals = [], isLost = () => false }: HistoryOptions = {}) {
    this.#refusals = refusals
    this.#isLost = isLost
  }

  /** Makes the call and records it. Gives its result; null if it was refused or lost. */
  async call(client: string, action: A, run: () => Promise<R>): Promise<R | null> {
    const start = ++this.#time
    const record = (rest: Pick<Operation<A, R>, 'outcome' | 'result' | 'code'>) => {
      const end = rest.outcome === 'unknown' ? Number.POSITIVE_INFINITY : ++this.#time
      this.operations.push({ client, action, start, end, ...rest })
    }
    try {
      const result = await run()
      record({ outcome: 'ok', result, code: null })
      return result
    } catch (error) {
      if (isStateBackendError(error) && this.#refusals.includes(error.code))
        record({ outcome: 'fail', result: undefined, code: error.code })
      else if (isStateBackendError(error, 'COMMIT_UNKNOWN') || this.#isLost(error))
        record({ outcome: 'unknown', result: undefined, code: null })
      else throw error
      return null
    }
  }
}

/** The calls in the order of their starts, one a line. */
export function showHistory(operations: readonly Operation<unknown>[]): string {
  const lines = [...operations]
    .sort((a, b) => a.start - b.start)
    .map((operation) => {
      const { client, action, start, end } = operation
      const time = `${start}–${end === Number.POSITIVE_INFINITY ? '?' : end}`
      return `    ${time.padEnd(9)} ${client}: ${show(action)} → ${outcomeText(operation)}`
    })
  return lines.join('\n')
}

function outcomeText({ outcome, result, code }: Operation<unknown>): string {
  if (outcome === 'unknown') return 'nobody knows'
  return outcome === 'ok' ? show(result) : String(code)
}

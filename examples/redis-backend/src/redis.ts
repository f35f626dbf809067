import { type ErrorCode, messageOf, StateBackendError } from '@flujo-state/core'
import { ClientClosedError, ClientOfflineError } from 'redis'

/** What the store needs of a connection: a client of `redis`, or whatever else sends commands. */
export interface RedisClient {
  sendCommand(words: string[]): Promise<unknown>
}

/** What an error reply means in the contract, by its first word; and what no reply to a commit means. */
const REPLIES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  BUSY: ['BUSY', 'a script holds the server; try again later'],
  LOADING: ['BUSY', 'the server is still reading its data; try again later'],
  OOM: ['IO', 'the server is full; raise its maxmemory, or delete old runs'],
  READONLY: ['IO', 'this server is a read-only replica; connect to the primary'],
  WRONGTYPE: ['CORRUPT', 'a key holds what no store wrote there; it was left as it is'],
  lost: ['COMMIT_UNKNOWN', 'no answer came; read before writing again'],
}

export type Redis = ReturnType<typeof redisFor>
/** One store in a Redis: the names of its keys, and commands, whose errors are told in the words of the contract. */
export const redisFor = (client: RedisClient, prefix: string) => ({
  /** An id is always the last part, so that none reaches into another record. */
  key: (...parts: string[]) => [prefix, ...parts].join(':'),
  async send<T>(words: string[], isCommit = false): Promise<T> {
    try {
      return (await client.sendCommand(words)) as T
    } catch (cause) {
      const word = /^[A-Z]+(?= )/.exec(messageOf(cause))?.[0]
      const isLost = word === undefined && !(cause instanceof ClientClosedError || cause instanceof ClientOfflineError)
      const [code, advice] = REPLIES[isCommit && isLost ? 'lost' : (word ?? '')] ?? ['IO', 'the command failed']
      throw new StateBackendError(code, `Redis: ${advice} (${messageOf(cause)})`, { cause })
    }
  },
})
/** The answer of TIME. */
export const milliseconds = ([s, us]: readonly string[]) => Number(s) * 1_000 + Math.floor(Number(us) / 1_000)
/** A stored row; null if there is none. */
export function parse<T>(text: string | null | undefined): T {
  try {
    return JSON.parse(text ?? 'null') as T
  } catch (cause) {
    throw new StateBackendError('CORRUPT', `a stored row cannot be read: ${messageOf(cause)}`, { cause })
  }
}

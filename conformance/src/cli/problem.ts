import { fileURLToPath } from 'node:url'

/** What the caller did wrong, in words for them: shown without a stack, exit code 2. */
export class Problem extends Error {
  override readonly name = 'Problem'
}

/** What a thrown thing says, and where in the caller's own code it came from. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const lines = (error.stack ?? error.message).split('\n')
  return lines.filter((line) => !OURS.some((where) => line.includes(where))).join('\n')
}

const OURS = [fileURLToPath(new URL('..', import.meta.url)), new URL('..', import.meta.url).href, '(node:', ' node:']

/** 0: the level is reached. 1: a rule failed. 2: the harness or the command line is wrong. 3: nothing failed, but the level is not reached. */
export const EXIT = { reached: 0, failed: 1, invalid: 2, notReached: 3, internal: 4, interrupted: 130 } as const

import type { RuleContext } from '../context.js'
import { show } from '../show.js'

/** What the call gives, which must not fail. */
export async function completed<T>(t: RuleContext, call: Promise<T>, what: string): Promise<T> {
  try {
    return await call
  } catch (error) {
    return t.assert.fail(`${what} failed: ${show(error)}`)
  }
}

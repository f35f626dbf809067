import { AssertionFailure } from '../assert.js'
import { START_OF_TIME } from '../clock.js'
import type { RuleContext } from '../context.js'
import type { Command } from './commands.js'
import type { Program } from './program.js'
import { World } from './world.js'

/** A failure that is not quite the smallest is better than one that comes too late. */
const MOST_ATTEMPTS = 120

/** What a sequence has shown to be wrong, and the program that it was. */
export interface Failure {
  readonly commands: readonly Command[]
  readonly error: AssertionFailure
  readonly program: Program
}

/** Runs the commands on storage of their own. Null if all that they gave agrees with the model. */
export async function tryCommands(t: RuleContext, commands: readonly Command[]): Promise<Failure | null> {
  t.clock.set(START_OF_TIME)
  const world = new World(t, await t.other())
  try {
    for (const command of commands) await command(world)
    await world.compareDumps()
    return null
  } catch (error) {
    if (error instanceof AssertionFailure) return { commands, error, program: world.program }
    throw error
  } finally {
    await world.close()
  }
}

/** Leaves out what is not needed for a failure: halves of the commands first, then quarters, at last single ones. */
export async function smallestFailure(t: RuleContext, failure: Failure): Promise<Failure> {
  let smallest = failure
  let attempts = 0
  for (let size = Math.ceil(failure.commands.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: what comes last has the fewest others that need it.
    for (let end = smallest.commands.length; end > 0; end -= size) {
      if (++attempts > MOST_ATTEMPTS) return smallest
      const { commands } = smallest
      const fewer = [...commands.slice(0, Math.max(0, end - size)), ...commands.slice(end)]
      smallest = (await tryCommands(t, fewer)) ?? smallest
    }
  }
  return smallest
}

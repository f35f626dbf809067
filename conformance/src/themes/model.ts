import fc from 'fast-check'
import { AssertionFailure } from '../assert.js'
import { START_OF_TIME } from '../clock.js'
import type { RuleContext } from '../context.js'
import { type CommandArbitrary, reopenCommand, switchCommand, writeCommands } from '../model/commands.js'
import { queryCommands } from '../model/queries.js'
import { World } from '../model/world.js'
import { type Rule, rule } from '../rule.js'

const SEQUENCES = 40
const COMMANDS = 40

const requires = [
  'backgroundTasks',
  'runs',
  'steps',
  'traces',
  'evaluations',
  'systemState',
  'claims',
  'stats',
  'cleanup',
] as const

/** Random sequences of commands, each on storage of its own. A failure is shrunk and shown as a program. */
async function agrees(t: RuleContext, more: readonly CommandArbitrary[]): Promise<void> {
  const commands = fc.commands([...writeCommands, ...queryCommands, ...more], {
    maxCommands: COMMANDS,
    size: 'max',
    disableReplayLog: true,
  })
  const property = fc.asyncProperty(commands, async (commands) => {
    t.clock.set(START_OF_TIME)
    const world = new World(t, await t.other())
    await fc.asyncModelRun(() => ({ model: world, real: world }), commands)
    await world.end()
  })
  const result = await fc.check(property, { seed: t.seed, numRuns: SEQUENCES, endOnFailure: false })
  if (!result.failed) return
  const { errorInstance, counterexample, counterexamplePath, numShrinks } = result
  if (!(errorInstance instanceof AssertionFailure)) throw errorInstance
  const program = String(counterexample?.[0] ?? '').replaceAll(/(?:^|,)(?=await |clock|\/\/ )/g, '\n    ')
  t.assert.fail(
    `${errorInstance.message}\n  seed ${t.seed}, path ${counterexamplePath}, after ${numShrinks} shrinks:${program}`,
  )
}

const options = { requires, timeoutMs: 120_000 }

export const modelRules: readonly Rule[] = [
  rule('MDL-01', 'Random sequences of calls give what the model of the contract gives, at every step.', options, (t) =>
    agrees(t, []),
  ),
  rule('MDL-02', 'The same with reopening between any two calls.', { ...options, needs: ['reopen'] }, (t) =>
    agrees(t, [reopenCommand]),
  ),
  rule('MDL-03', 'The same with two instances used in turn.', { ...options, needs: ['second'] }, (t) =>
    agrees(t, [switchCommand]),
  ),
]

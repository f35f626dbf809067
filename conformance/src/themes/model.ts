import { CAPABILITY_GROUPS } from '@flujo-state/core'
import fc from 'fast-check'
import type { RuleContext } from '../context.js'
import { badCallCommand } from '../model/bad-calls.js'
import { type CommandArbitrary, mutating, reopenCommand, switchCommand, writeCommands } from '../model/commands.js'
import { queryCommands } from '../model/queries.js'
import { smallestFailure, tryCommands } from '../model/sequences.js'
import { type Rule, rule } from '../rule.js'

/** So many sequences of so many commands in the short form; ten times as many in the long one. */
const SEQUENCES = 16
/** Opening a store costs more than calling it. */
const SEQUENCES_OF_INSTANCES = 8
const COMMANDS = 60

/** The commands call every method. */
const requires = CAPABILITY_GROUPS

/** Random sequences of commands, each on storage of its own. A failure is made small and shown as a program. */
async function agrees(t: RuleContext, sequences: number, more: readonly CommandArbitrary[]): Promise<void> {
  const command = mutating(fc.oneof(...writeCommands, ...queryCommands, badCallCommand, ...more))
  const sequence = fc.array(command, { minLength: COMMANDS, maxLength: COMMANDS })
  const numRuns = sequences * (t.thoroughness === 'long' ? 10 : 1)
  for (const commands of fc.sample(sequence, { seed: t.seed, numRuns })) {
    const failure = await tryCommands(t, commands)
    if (failure === null) continue
    const { error, program, commands: left } = await smallestFailure(t, failure)
    const text = String(program).replaceAll(/^/gm, '    ')
    t.assert.fail(
      `${error.message}\n  seed ${t.seed}; ${left.length} of ${COMMANDS} commands, as a program:\n\n${text}\n`,
    )
  }
}

const options = { requires, timeoutMs: 120_000 }

export const modelRules: readonly Rule[] = [
  rule('MDL-01', 'Random sequences of calls give what the model of the contract gives, at every step.', options, (t) =>
    agrees(t, SEQUENCES, []),
  ),
  rule('MDL-02', 'The same with reopening between any two calls.', { ...options, needs: ['reopen'] }, (t) =>
    agrees(t, SEQUENCES_OF_INSTANCES, [reopenCommand, reopenCommand, reopenCommand]),
  ),
  rule('MDL-03', 'The same with two instances used in turn.', { ...options, needs: ['second'] }, (t) =>
    agrees(t, SEQUENCES_OF_INSTANCES, [switchCommand, switchCommand, switchCommand]),
  ),
  rule(
    'MDL-04',
    'The same with two instances used in turn, each of them reopened between any two calls.',
    { ...options, needs: ['reopen', 'second'] },
    (t) => agrees(t, SEQUENCES_OF_INSTANCES, [reopenCommand, reopenCommand, switchCommand, switchCommand]),
  ),
]

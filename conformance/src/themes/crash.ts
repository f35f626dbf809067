import { CAPABILITY_GROUPS } from '@flujo-state/core'
import { untilGone } from '../child/process.js'
import type { RuleContext } from '../context.js'
import { chainsAreWhole, killAmongChains } from '../kills/chains.js'
import { completed } from '../kills/completed.js'
import { chance, KilledStore, type Moment, pause } from '../kills/kill.js'
import type { Mixture } from '../kills/script.js'
import { type Rule, rule } from '../rule.js'

/** Each needs a new process, which takes half a second of a processor. In all 40 between calls and 120 inside. */
const KILLS = { short: 1, long: 15 } as const
const KILLS_BETWEEN = { short: 1, long: 40 } as const
const KILLS_INSIDE = { short: 1, long: 60 } as const

const kills = { needs: ['spawn', 'reopen'], persistence: 'crash', timeoutMs: 60_000 } as const
/** Of the scripts of all methods. */
const requires = CAPABILITY_GROUPS.filter((group) => group !== 'compact')

/** Inside a call, not at its very ends. */
function momentInside(draw: () => number): Moment {
  return { after: 1 + Math.floor(draw() * 6), inside: 0.1 + 0.8 * draw() }
}

async function killedInside(t: RuleContext, mixture: Mixture, rounds: number): Promise<void> {
  const draw = chance(t.seed)
  const store = new KilledStore(t, mixture)
  for (let round = 0; round < rounds; round++) await store.round(momentInside(draw))
}

export const crashRules: readonly Rule[] = [
  rule(
    'DUR-03',
    'After SIGKILL every write that was acknowledged is there, and nothing else.',
    { ...kills, requires },
    async (t) => {
      const draw = chance(t.seed)
      const store = new KilledStore(t, 'everything')
      for (let round = 0; round < KILLS_BETWEEN[t.thoroughness]; round++)
        await store.round({ after: 4 + Math.floor(draw() * 20), inside: null })
    },
  ),

  rule(
    'DUR-04',
    'After SIGKILL in the middle of a call the store opens without a repair and has all of that call or nothing of it.',
    { ...kills, requires },
    (t) => killedInside(t, 'everything', KILLS_INSIDE[t.thoroughness]),
  ),

  rule(
    'DUR-05',
    'What a killed process leaves behind is no record, blocks nobody who lives on, and overwrites nothing later.',
    { ...kills, requires, multiInstance: 'host' },
    async (t) => {
      const draw = chance(t.seed)
      await t.backend.open()
      const store = new KilledStore(t, 'everything', t.backend)
      for (let round = 0; round < KILLS[t.thoroughness]; round++) await store.round(momentInside(draw))
      await store.end()
    },
  ),

  rule(
    'DUR-06',
    'If a write that was acknowledged is there after SIGKILL, so are all before it, of every writer in the process.',
    { ...kills, requires: ['runs', 'steps', 'evaluations', 'systemState'] },
    async (t) => {
      const draw = chance(t.seed)
      for (let round = 0; round < KILLS[t.thoroughness]; round++) {
        const other = await t.other()
        const acknowledged = await killAmongChains(t, await t.spawn(other), {
          after: 6 + Math.floor(draw() * 12),
          inside: draw(),
        })
        const reopened = await t.reopen(other)
        await chainsAreWhole(t, reopened, acknowledged)
        await reopened.shutdown()
      }
    },
  ),

  rule(
    'DUR-07',
    'A call that writes many records is all there or not at all after SIGKILL: traces, spans, cleanup, deletions.',
    { ...kills, requires },
    (t) => killedInside(t, 'manyRecords', KILLS[t.thoroughness]),
  ),

  rule(
    'EXT-08',
    'A step and the snapshot saved with it are both there after SIGKILL, or neither is.',
    { ...kills, requires },
    (t) => killedInside(t, 'commits', KILLS[t.thoroughness]),
  ),

  rule(
    'MIG-03',
    'After SIGKILL while the store was being made it opens, empty, and works.',
    { ...kills, requires: ['runs'] },
    async (t) => {
      const begin = performance.now()
      await t.backend.open()
      // In a new process everything takes longer.
      const takes = { short: 1, long: 3 }[t.thoroughness] * (performance.now() - begin)
      const draw = chance(t.seed)
      const rounds = KILLS[t.thoroughness]
      for (let round = 0; round < rounds; round++) {
        const other = await t.other()
        const process = await t.spawn(other)
        const opening = untilGone(process.script([{ method: 'open', args: [] }]))
        await pause((takes * (round + draw())) / rounds)
        await process.kill()
        await opening
        const reopened = await t.reopen(other)
        await completed(t, reopened.open(), 'to open the store')
        t.assert.equal([await reopened.listStates(), await reopened.listRuns()], [[], []], 'what is in it')
        await completed(t, reopened.saveState('a', t.gen.state()), 'a write')
        t.assert.equal((await reopened.listStates()).length, 1, 'snapshots after a write')
        await reopened.shutdown()
      }
    },
  ),
]

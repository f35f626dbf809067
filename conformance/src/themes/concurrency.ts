import type { StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { marked, wholeMark } from '../fixtures/marked.js'
import {
  cleanupCounts,
  deletionsWhole,
  effectsKept,
  linearizable,
  neverBack,
  nothingLost,
  spansWhole,
  staleCounts,
  type Workload,
} from '../histories/index.js'
import { type Rule, rule } from '../rule.js'

const range = (length: number) => Array.from({ length }, (_, index) => index)
const needs = { needs: ['second'] } as const

async function keepsAll(t: RuleContext, backends: readonly StateBackend[]): Promise<void> {
  const of = (index: number) => backends[index % backends.length] as StateBackend
  await Promise.all(
    range(50).flatMap((n) => [
      of(n).saveStepResult(t.gen.step('run', n, { costUsd: 1 })),
      of(n + 1).saveSpans('run', [t.gen.span(`span-${n}`)]),
      of(n).persistEvaluation('run', { score: n }),
      of(n + 1).setSystemState(`key-${n}`, { n }),
      of(n).saveRunStart(t.gen.run(`run-${n}`)),
    ]),
  )
  for (const backend of backends) {
    t.assert.equal(
      (await backend.listRunSteps('run')).map(({ stepIndex }) => stepIndex),
      range(50),
      'steps',
    )
    t.assert.equal((await backend.getSpans('run')).length, 50, 'spans')
    const evaluations = await backend.listEvaluations({ runId: 'run', limit: 100 })
    t.assert.equal(
      evaluations.map(({ score }) => score).sort((a, b) => a - b),
      range(50),
      'evaluations',
    )
    t.assert.equal(new Set(evaluations.map(({ evaluationId }) => evaluationId)).size, 50, 'ids of evaluations')
    for (const n of range(50)) t.assert.equal((await backend.getSystemState(`key-${n}`))?.value, { n }, `key-${n}`)
    t.assert.equal((await backend.listRuns()).length, 51, 'runs')
    t.assert.equal((await backend.getRunDetails('run'))?.totalCostUsd, 50, 'the sum of the costs')
  }
}

/** Updates that each add one item to the history and expect a new version: none may be lost. */
async function losesNoUpdate(t: RuleContext, backends: readonly StateBackend[]): Promise<void> {
  await t.backend.saveState('a', t.gen.state())
  const written = await Promise.all(
    range(60).map((n) => backends[n % backends.length]?.updateState('a', { appendStepHistory: [{ n }] })),
  )
  const versions = written.map((outcome) => outcome?.version)
  t.assert.equal(new Set(versions).size, 60, 'versions given out')
  const state = t.assert.present(await t.backend.loadState('a'), 'the snapshot')
  t.assert.equal(
    state.stepHistory.map(({ n }) => n as number).sort((a, b) => a - b),
    range(60),
    'items of the history',
  )
  t.assert.equal(state.version, Math.max(...versions.map(Number)), 'the version stored')
}

/** Of many writes that expect the same version exactly one wins. */
async function oneWinner(t: RuleContext, backends: readonly StateBackend[]): Promise<void> {
  const { version } = await t.backend.saveState('a', marked(t, 0))
  const outcomes = await Promise.allSettled(
    range(20).map((n) => backends[n % backends.length]?.saveState('a', marked(t, n + 1), { ifVersion: version })),
  )
  const won = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []))
  t.assert.equal(won.length, 1, 'winners')
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') await t.assert.rejects(Promise.reject(outcome.reason), 'CONFLICT')
  t.assert.equal(await wholeMark(t, t.backend, 'a'), won[0], 'the snapshot of the winner')
}

/** Opened, so that its first call does not come after all those of the other instance. */
async function openSecond(t: RuleContext): Promise<StateBackend> {
  const second = await t.second()
  await second.open()
  return second
}

/** What concurrent clients see, first over one instance, then over two. */
const fromHistories: readonly Rule[] = [
  ...overInstances(['CON-06', 'CON-20'], 'A reader never goes back to an older version of a run', neverBack),
  ...overInstances(
    ['CON-07', 'CON-21'],
    'Saves, updates, deletions and loads of one run at the same time can be explained by some order of them',
    linearizable,
  ),
  ...overInstances(
    ['CON-22', 'CON-23'],
    'What several clients add is listed exactly once by all of them, from then on',
    nothingLost,
  ),
  ...overInstances(['CON-09', 'CON-24'], 'Parallel cleanups count together what is gone, each run once', cleanupCounts),
  ...overInstances(['CON-25', 'CON-26'], 'Parallel markings of stale tasks count each task once', staleCounts),
  ...overInstances(
    ['CON-10', 'CON-27'],
    'An end, steps, a repeated start and an update of a run at the same time lose no effect',
    effectsKept,
  ),
  ...overInstances(['CON-28', 'CON-14'], 'A trace or a batch of spans is never seen half written', spansWhole),
  ...overInstances(['CON-29', 'CON-30'], 'A run is never seen half deleted', deletionsWhole),
]

/** The workload as two rules. */
function overInstances([one, two]: readonly [string, string], statement: string, { requires, run }: Workload): Rule[] {
  return [
    rule(one, `${statement}.`, { requires }, (t) => run(t, [t.backend])),
    rule(two, `${statement}, with two instances.`, { ...needs, requires }, async (t) =>
      run(t, [t.backend, await openSecond(t)]),
    ),
  ]
}

export const concurrencyRules: readonly Rule[] = [
  rule('CON-01', '100 snapshots saved at once, under different ids, are all stored.', {}, async (t) => {
    const saves = range(100).map((n) => t.backend.saveState(`run-${n}`, marked(t, n)))
    await t.assert.resolves(Promise.all(saves), 'all of them')
    for (const n of range(100)) t.assert.equal(await wholeMark(t, t.backend, `run-${n}`), n, `run-${n}`)
    t.assert.equal((await t.backend.listStates()).length, 100, 'snapshots listed')
  }),

  rule(
    'CON-02',
    '50 snapshots saved at once under one id leave one of them, whole: the last one accepted.',
    {},
    async (t) => {
      const written = await Promise.all(range(50).map((n) => t.backend.saveState('a', marked(t, n))))
      const last = written.findIndex(({ version }) => version === Math.max(...written.map(({ version }) => version)))
      t.assert.equal(await wholeMark(t, t.backend, 'a'), last, 'the write with the greatest version')
      t.assert.equal((await t.backend.listStates()).length, 1, 'snapshots listed')
    },
  ),

  rule('CON-03', 'A reader between many overwrites sees only whole snapshots.', {}, async (t) => {
    await t.backend.saveState('a', marked(t, 0))
    const writes = range(40).map((n) => t.backend.saveState('a', marked(t, n + 1)))
    for (let n = 0; n < 40; n++) t.assert.present(await wholeMark(t, t.backend, 'a'), 'the snapshot')
    await Promise.all(writes)
  }),

  rule('CON-04', 'After a write has resolved every read of the instance gives it.', {}, async (t) => {
    for (const n of range(20)) {
      await t.backend.saveState('a', marked(t, n))
      t.assert.equal(await wholeMark(t, t.backend, 'a'), n, 'loadState')
      t.assert.equal((await t.backend.listWorkflows())[0]?.currentStepIndex, n, 'listWorkflows')
    }
  }),

  rule(
    'CON-05',
    'After a write has resolved another instance sees it at once, in every area.',
    { ...needs, requires: ['runs', 'steps'] },
    async (t) => {
      const second = await t.second()
      t.assert.equal(await second.loadState('a'), null, 'before')
      for (const n of range(10)) {
        // Each reads twice in a row, so that what it kept from the first time shows.
        const [writer, reader] = n % 4 < 2 ? [t.backend, second] : [second, t.backend]
        await writer.saveState('a', marked(t, n))
        t.assert.equal(await wholeMark(t, reader, 'a'), n, 'loadState')
        await writer.saveRunStart(t.gen.run(`run-${n}`))
        t.assert.equal((await reader.listRuns()).length, n + 1, 'listRuns')
        await writer.saveStepResult(t.gen.step('run-0', n))
        t.assert.equal((await reader.listRunSteps('run-0')).length, n + 1, 'listRunSteps')
      }
      await t.backend.deleteRun('run-0')
      t.assert.equal(await second.getRunDetails('run-0'), null, 'after a deletion')
      t.assert.equal(await t.dump(second), await t.dump(t.backend), 'all that both see')
    },
  ),

  rule(
    'CON-08',
    'Things added at once are all kept: steps, spans, evaluations, system states, runs.',
    { requires: ['steps', 'traces', 'evaluations', 'systemState', 'runs'] },
    (t) => keepsAll(t, [t.backend]),
  ),

  rule(
    'CON-11',
    'Several instances that open empty storage at the same time all work, on one store.',
    needs,
    async (t) => {
      const others = await Promise.all(range(3).map(() => t.second()))
      const all = [t.backend, ...others]
      await Promise.all(all.map((backend, n) => backend.saveState(`run-${n}`, marked(t, n))))
      const late = await t.second()
      for (const backend of [...all, late])
        t.assert.equal((await backend.listStates()).length, all.length, 'snapshots that an instance sees')
    },
  ),

  rule(
    'CON-12',
    'A deletion beside a save leaves nothing, or one whole snapshot.',
    { requires: ['runs'] },
    async (t) => {
      for (const n of range(10)) {
        await Promise.all([
          t.backend.saveState('a', marked(t, n)),
          t.backend.deleteState('a'),
          t.backend.saveState('b', marked(t, n)),
          t.backend.deleteRun('b'),
        ])
        for (const runId of ['a', 'b']) {
          const mark = await wholeMark(t, t.backend, runId)
          t.assert.ok(mark === null || mark === n, `${runId}: the snapshot of this round or none, got ${mark}`)
        }
      }
    },
  ),

  rule('CON-15', 'Parallel updates of one snapshot lose nothing, and each has a version of its own.', {}, (t) =>
    losesNoUpdate(t, [t.backend]),
  ),
  rule('CON-16', 'Of parallel saves that expect the same version exactly one wins.', {}, (t) =>
    oneWinner(t, [t.backend]),
  ),
  rule(
    'CON-17',
    'Things added at once through two instances are all kept.',
    { ...needs, requires: ['steps', 'traces', 'evaluations', 'systemState', 'runs'] },
    async (t) => keepsAll(t, [t.backend, await openSecond(t)]),
  ),
  rule('CON-18', 'Parallel updates through two instances lose nothing.', needs, async (t) =>
    losesNoUpdate(t, [t.backend, await openSecond(t)]),
  ),
  rule(
    'CON-19',
    'Of parallel saves through two instances that expect the same version exactly one wins.',
    needs,
    async (t) => oneWinner(t, [t.backend, await openSecond(t)]),
  ),

  ...fromHistories,
]

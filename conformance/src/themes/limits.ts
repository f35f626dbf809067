import type { RuleContext } from '../context.js'
import { DAY, fromNow, many, save } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

/** Sizes at which drivers split what is written at once. */
const BATCHES = { 'up to 1,001': [999, 1_000, 1_001], '40,000': [40_000] } as const

async function idsOfPage(t: RuleContext, offset: number, limit: number): Promise<string[]> {
  return (await t.backend.listWorkflows({ offset, limit })).map(({ runId }) => runId)
}

export const limitRules: readonly Rule[] = [
  ruleFor(
    'LIM-01',
    'A batch of any size is stored whole.',
    { requires: ['traces'], timeoutMs: 30_000 },
    BATCHES,
    async (t, sizes) => {
      for (const size of sizes) {
        const spans = Array.from({ length: size }, (_, n) => t.gen.span(`span ${n}`, { startTime: n }))
        await t.backend.saveSpans(`run ${size}`, spans)
        const found = await t.backend.getSpans(`run ${size}`)
        t.assert.equal(found.length, size, `spans of a batch of ${size}`)
        const strays = found.filter(({ spanId, startTime }, n) => spanId !== `span ${n}` || startTime !== n)
        t.assert.equal(strays.slice(0, 3), [], `spans that are not what was saved, of ${size}`)
      }
    },
  ),

  rule(
    'LIM-02',
    'With thousands of snapshots the first page, the last one, the statistics and cleanup are right.',
    { requires: ['states', 'stats', 'cleanup'], timeoutMs: 60_000 },
    async (t) => {
      const size = t.thoroughness === 'long' ? 10_000 : 1_200
      const old = size - 100
      const id = (n: number) => `run ${String(n).padStart(5, '0')}`
      await many(size, (n) => {
        const time = fromNow(t, n - (n < old ? 40 * DAY : DAY))
        return save(t, id(n), { status: n < old ? 'completed' : 'failed', createdAt: time, updatedAt: time })
      })
      t.assert.equal(await idsOfPage(t, 0, 3), [size - 1, size - 2, size - 3].map(id), 'the first page')
      t.assert.equal(await idsOfPage(t, size - 2, 5), [1, 0].map(id), 'the last page')
      const { totalWorkflows, statusCounts, recentWorkflows24h } = await t.backend.getWorkflowStats()
      t.assert.equal([totalWorkflows, statusCounts.completed, statusCounts.failed], [size, old, 100], 'the statistics')
      // The one of the edge itself is one of them.
      t.assert.equal(recentWorkflows24h, 100, 'recent ones')
      t.assert.equal(await t.backend.cleanupOldWorkflows(), old, 'the count of cleanup')
      t.assert.equal(await idsOfPage(t, 97, 10), [old + 2, old + 1, old].map(id), 'the last page after cleanup')
      t.assert.equal((await t.backend.getWorkflowStats()).totalWorkflows, 100, 'the statistics after cleanup')
    },
  ),
]

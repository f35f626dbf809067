import { expect, test } from 'vitest'
import { createStateBackend } from '../../src/index.js'
import { MapStore } from '../support/map-store.js'

const DAY = 86_400_000

test('placeholder runs go only when no statuses are named, whatever their own status', async () => {
  let now = Date.parse('2026-03-01T00:00:00Z')
  const backend = createStateBackend(new MapStore(), { clock: () => new Date(now) })
  await backend.persistEvaluation('placeholder', { score: 1 })
  await backend.saveRunEnd('ended placeholder', {})
  await backend.saveRunStart({ runId: 'started' })
  now += 31 * DAY
  expect(await backend.cleanupOldWorkflows({ statuses: ['running', 'completed'], dryRun: true })).toBe(1)
  expect(await backend.cleanupOldWorkflows({ statuses: ['running', 'completed'] })).toBe(1)
  expect((await backend.listRuns()).map(({ runId }) => runId)).toEqual(['placeholder', 'ended placeholder'])
  expect(await backend.cleanupOldWorkflows()).toBe(2)
})

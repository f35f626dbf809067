/** What goes wrong only with much. */
import type { Write } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** More rows than this do not fit into one statement of some databases. */
const MOST_ROWS = 32_766

export const brokenLimits: readonly BrokenBackend[] = [
  brokenStore(
    'batch-32766',
    'spans beyond the limit of a statement are left out',
    ['LIM-01'],
    class extends ReferenceStore {
      protected override apply(write: Write): void {
        super.apply(write.kind === 'put-spans' ? { ...write, rows: write.rows.slice(0, MOST_ROWS) } : write)
      }
    },
  ),
  brokenBackend('stats-of-the-first-thousand', 'statistics look at 1,000 snapshots', ['LIM-02'], ({ backend }) => ({
    getWorkflowStats: async () => {
      const stats = await backend.getWorkflowStats()
      return { ...stats, totalWorkflows: Math.min(stats.totalWorkflows, 1_000) }
    },
  })),
]

/** Cursors that lose or repeat rows. */
import { cursorOf } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

export const brokenCursors: readonly BrokenBackend[] = [
  brokenStore(
    'cursor-by-time-only',
    'a cursor skips rows of the same time',
    ['CUR-01', 'CUR-02', 'CUR-10', 'CUR-12'],
    class extends ReferenceStore {
      override listRuns(query: Parameters<ReferenceStore['listRuns']>[0]) {
        return super.listRuns({ ...query, after: query.after && { ...query.after, id: '' } })
      }
    },
  ),
  brokenBackend(
    'cursor-needs-its-item',
    'a cursor is no good when its item is gone',
    ['CUR-05', 'CUR-11'],
    ({ backend }) => ({
      listRuns: async ({ after, ...filter } = {}) => {
        const all = await backend.listRuns({ ...filter, limit: undefined, offset: undefined })
        const index = after === undefined ? -1 : all.findIndex((run) => cursorOf(run) === after)
        if (after !== undefined && index === -1) return []
        return all
          .slice(index + 1)
          .slice(filter.offset ?? 0, filter.limit === undefined ? undefined : (filter.offset ?? 0) + filter.limit)
      },
    }),
  ),
  brokenBackend(
    'cursor-counts-rows',
    'a cursor is the number of rows before it',
    ['CUR-04'],
    ({ backend, memory }) => ({
      listRuns: async ({ after, ...filter } = {}) => {
        const skip = after === undefined ? 0 : Number(memory.get(after) ?? 0)
        const runs = await backend.listRuns({ ...filter, offset: skip + (filter.offset ?? 0) })
        for (const [index, run] of runs.entries()) memory.set(cursorOf(run), skip + index + 1)
        return runs
      },
    }),
  ),
  brokenBackend(
    'cursor-malformed-restarts',
    'a malformed cursor begins again',
    ['CUR-06', 'CUR-07'],
    ({ backend }) => ({
      listWorkflows: (filter) =>
        backend.listWorkflows(filter).catch(() => backend.listWorkflows({ ...filter, after: undefined })),
    }),
  ),
]

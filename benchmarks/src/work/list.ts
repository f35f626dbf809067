import { WORKFLOW_STATUSES, type WorkflowStatus } from '@flujo-state/core'
import { type Contest, contest } from '../harness/contest.js'
import { newestFirst } from '../subjects/control.js'
import { readingMatch } from '../subjects/listed.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'

const LIMIT = 50

const statusOf = (call: number): WorkflowStatus => WORKFLOW_STATUSES[call % WORKFLOW_STATUSES.length] ?? 'running'
const runIds = (rows: readonly { readonly runId: string }[]) => rows.map((row) => row.runId)

/** The newest 50 summaries of one status among many snapshots. */
export function list(places: readonly Place[], settings: Settings): Contest[] {
  return places.map((place) =>
    contest({
      work: `newest ${LIMIT} by status of ${scaleOf(place, settings).rows.toLocaleString('en')}`,
      place: place.name,
      control:
        { memory: 'filter over sorted summaries', file: 'read every file' }[place.name as string] ?? 'indexed query',
      target: place.hasTransactions ? 0.5 : undefined,
      open: (folder) =>
        readingMatch<readonly { readonly runId: string }[]>(place, settings, folder, {
          ours: (backend, call) => backend.listWorkflows({ status: statusOf(call), limit: LIMIT }),
          control: (control, call) => control.newest(statusOf(call), LIMIT),
          digest: runIds,
          expected(entries, call) {
            const rows = entries.map(({ runId, state }) => ({ ...state, runId }))
            return runIds(newestFirst(rows.filter(({ status }) => status === statusOf(call))).slice(0, LIMIT))
          },
        }),
    }),
  )
}

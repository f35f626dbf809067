import { isStateBackendError, WORKFLOW_STATUSES } from '@flujo-state/core'
import type { BrokenBackend } from './broken-backend.js'
import { brokenFileCalls, brokenFileStore } from './broken-file.js'

/** A call whose failure is hidden behind an answer. */
async function hidden<T>(call: Promise<T>, answer: T): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isStateBackendError(error, 'IO', 'BUSY')) return answer
    throw error
  }
}

const noStatuses = () =>
  Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, 0])) as Record<
    (typeof WORKFLOW_STATUSES)[number],
    number
  >

const none = () => ({
  totalWorkflows: 0,
  statusCounts: noStatuses(),
  recentWorkflows24h: 0,
  averageExecutionTimeMs: 0,
  backgroundStatusCounts: noStatuses(),
})

export const brokenFaults: readonly BrokenBackend[] = [
  brokenFileCalls('stats-error-zeros', 'statistics that cannot be read are zeros', ['STT-09'], (backend) => ({
    getWorkflowStats: () => hidden(backend.getWorkflowStats(), none()),
  })),
  brokenFileCalls('span-stats-error-zeros', 'span statistics that cannot be read are zeros', ['STT-09'], (backend) => ({
    getSpanStatistics: (options) =>
      hidden(backend.getSpanStatistics(options), { totalSpans: 0, byName: {}, byStatus: {}, durationByName: {} }),
  })),
  brokenFileCalls('bg-error-empty', 'background tasks that cannot be read are none', ['BGT-14'], (backend) => ({
    listBackgroundTasks: (filter) => hidden(backend.listBackgroundTasks(filter), []),
  })),
  brokenFileCalls('load-error-null', 'a snapshot that cannot be read is null', ['DUR-31'], (backend) => ({
    loadState: (runId) => hidden(backend.loadState(runId), null),
  })),
  brokenFileCalls('list-error-empty', 'runs that cannot be listed are none', ['DUR-31'], (backend) => ({
    listRuns: (filter) => hidden(backend.listRuns(filter), []),
  })),
  brokenFileStore('opening-tried-once', 'an opening that failed is never tried again', ['DUR-31']),
  brokenFileStore('cleanup-half', 'a run is deleted in two steps', ['CLN-11']),
  brokenFileStore('enospc-truncates', 'the file is emptied before the new one takes its place', ['DUR-10']),
  brokenFileStore('short-write-in-place', 'a write that ends early leaves half of the new tables', ['DUR-10']),
  brokenFileStore('full-is-silent', 'a write for which there is no space is acknowledged', ['DUR-10']),
  brokenFileStore('readonly-silent', 'a write that is not allowed is acknowledged', ['DUR-10', 'DUR-11']),
  brokenFileStore('made-but-io', 'a write that was made rejects with IO', ['DUR-10']),
  brokenFileStore('memory-ahead', 'what could not be written is read all the same', ['DUR-10']),
  brokenFileStore('poisoned-by-failure', 'after a failure every write fails', ['DUR-10']),
  brokenFileStore('lock-kept-after-failure', 'a write that fails never gives the lock back', ['DUR-10']),
  brokenFileStore('first-write-alone', 'the first write of a unit is saved before the others', [
    'DUR-10[saveStepResult with a snapshot]',
  ]),
  brokenFileStore('busy-is-corrupt', 'a store that others hold is called damaged', ['DUR-09', 'DUR-10']),
  brokenFileStore('busy-is-rebuilt', 'a store that others hold is made anew', ['DUR-09']),
  brokenFileStore('rewritten-when-closed', 'the file is emptied and written anew at shutdown', ['DUR-36']),
]

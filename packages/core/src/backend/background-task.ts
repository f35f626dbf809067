import {
  type BackgroundTaskFilter,
  backgroundTaskFilter,
  type FailedTaskFilter,
  failedTaskFilter,
  type WorkflowSummary,
} from '../models/workflow-state.js'
import { hoursBefore } from '../rules/windows.js'
import type { Call } from './call.js'
import { check } from './check.js'
import type { Kernel } from './kernel.js'
import { pageAfter } from './paging.js'
import { listSummaries } from './workflow-state.js'

export async function listBackgroundTasks(
  kernel: Kernel,
  call: Call,
  filterInput: BackgroundTaskFilter = {},
): Promise<WorkflowSummary[]> {
  const { parentRunId, status, ...paging } = check(backgroundTaskFilter, filterInput)
  return listSummaries(kernel, call, {
    order: 'updatedAt',
    isBackgroundTask: true,
    parentRunId,
    statuses: status,
    ...pageAfter(paging, 'updatedAt'),
  })
}

export async function getFailedBackgroundTasks(
  kernel: Kernel,
  call: Call,
  filterInput: FailedTaskFilter = {},
): Promise<WorkflowSummary[]> {
  const { parentRunId, hoursBack, ...paging } = check(failedTaskFilter, filterInput)
  const from = hoursBefore(await kernel.now(), hoursBack)
  return listSummaries(kernel, call, {
    order: 'updatedAt',
    isBackgroundTask: true,
    parentRunId,
    statuses: ['failed'],
    from,
    ...pageAfter(paging, 'updatedAt'),
  })
}

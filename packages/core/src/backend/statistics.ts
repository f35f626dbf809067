import type { WorkflowStats } from '../models/workflow-state.js'
import { hoursBefore } from '../rules/windows.js'
import { countStateRows, workflowStats } from '../rules/workflow-statistics.js'
import type { StateStore } from '../state-store.js'
import type { Call } from './call.js'
import type { Kernel } from './kernel.js'
import { allPages } from './walk.js'

export async function getWorkflowStats(kernel: Kernel, call: Call): Promise<WorkflowStats> {
  const recentFrom = hoursBefore(await kernel.now(), 24)
  const counts = await kernel.read((store) => store.countStates?.(recentFrom) ?? countByListing(store, recentFrom))
  call.rows = 1
  return workflowStats(counts)
}

async function countByListing(store: StateStore, recentFrom: number) {
  return countStateRows(await allPages((page) => store.listStates({ order: 'createdAt', ...page })), recentFrom)
}

/** The workloads of concurrent clients: each over a list of instances, in this process or in others. */
export { nothingLost } from './additions.js'
export { cleanupCounts, staleCounts } from './cleanups.js'
export type { Workload, WorkloadOptions } from './clients.js'
export { linearizable, neverBack } from './snapshots.js'
export { deletionsWhole, effectsKept, spansWhole } from './whole-writes.js'

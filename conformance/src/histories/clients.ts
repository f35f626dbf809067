/**
 * What several clients do at the same time, and what must hold whatever comes between: over one instance, over several, and over
 * instances in processes of their own. Nothing sleeps: all clients start together, and each goes on as soon as it can.
 */
import type { CapabilityGroup, StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import type { HistoryOptions } from './history.js'

/** What of the calls may be lost: those of clients that are killed. */
export type WorkloadOptions = Pick<HistoryOptions, 'isLost'>

export interface Workload {
  readonly requires: readonly CapabilityGroup[]
  run(t: RuleContext, backends: readonly StateBackend[], options?: WorkloadOptions): Promise<void>
}

export interface Client {
  readonly name: string
  readonly backend: StateBackend
}

/** So many clients, shared out among the instances; more instances than that get one each. */
export function clientsOf(backends: readonly StateBackend[], least: number): Client[] {
  return Array.from({ length: Math.max(least, backends.length) }, (_, index) => {
    const instance = index % backends.length
    return { name: `client ${index + 1} (instance ${instance + 1})`, backend: backends[instance] as StateBackend }
  })
}

export const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

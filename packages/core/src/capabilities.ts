/** Groups of methods. A backend may declare a group missing: calling its methods is then `NOT_SUPPORTED`. */
export const CAPABILITY_GROUPS = [
  'states',
  'backgroundTasks',
  'runs',
  'steps',
  'traces',
  'evaluations',
  'systemState',
  'claims',
  'stats',
  'cleanup',
  'compact',
] as const
export type CapabilityGroup = (typeof CAPABILITY_GROUPS)[number]

/** What a resolved write survives: nothing, a clean shutdown, or the sudden death of its process. */
export type Persistence = 'none' | 'process' | 'crash'
/** Who may share one store: nobody, several instances in a process, processes of a host, or many hosts. */
export type MultiInstance = 'none' | 'process' | 'host' | 'network'

/** What a backend can do: frozen plain data, the same for its whole life. */
export type Capabilities = Readonly<Record<CapabilityGroup, boolean>> & {
  readonly persistence: Persistence
  readonly multiInstance: MultiInstance
}

/** The version of the contract that this package describes. */
export const CONTRACT_VERSION = '1.0'

/** Frozen capabilities; every group is there unless named in `missing`. */
export function defineCapabilities(options: {
  readonly persistence: Persistence
  readonly multiInstance: MultiInstance
  readonly missing?: readonly CapabilityGroup[]
}): Capabilities {
  const groups = Object.fromEntries(
    CAPABILITY_GROUPS.map((group) => [group, !options.missing?.includes(group)]),
  ) as Record<CapabilityGroup, boolean>
  return Object.freeze({ ...groups, persistence: options.persistence, multiInstance: options.multiInstance })
}

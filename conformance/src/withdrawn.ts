/** A rule that was designed and is no rule: its number is not used again. */
export interface WithdrawnRule {
  readonly id: string
  readonly statement: string
  readonly reason: string
}

/** What the contract makes impossible, or says elsewhere. */
export const withdrawnRules: readonly WithdrawnRule[] = [
  {
    id: 'RUN-14',
    statement: 'Runs have a startTime, an endTime and a totalCost, as flujo lists them.',
    reason:
      'The contract names them createdAt, endedAt and totalCostUsd: RUN-01, ONE-02 to ONE-05 and RUN-34 to RUN-37 ask for those.',
  },
  {
    id: 'LIM-03',
    statement: 'No turn of the event loop takes more than 200 ms while 1 MiB is saved.',
    reason:
      'The contract promises no times, and a limit in milliseconds on a machine that others use too says nothing about a store. Benchmarks measure it.',
  },
  {
    id: 'MIG-01',
    statement: 'A store that a released version made opens, and holds what it held.',
    reason:
      'Only the author of a backend has the stores that older versions made: a test of the backend opens them. A harness whose `create` begins with one runs all rules over it.',
  },
  {
    id: 'MIG-04',
    statement: 'A store of a newer version is refused with SCHEMA_TOO_NEW and stays as it is.',
    reason:
      'What makes a store a newer one is written differently by each backend, so its own tests show it. That a store which is refused keeps its bytes is DUR-08.',
  },
  {
    id: 'MIG-05',
    statement: 'All other rules pass on a migrated store.',
    reason:
      'A rule cannot run the others. A harness can: one whose `create` makes a store of an older version and lets the backend upgrade it.',
  },
  {
    id: 'EXT-01',
    statement: 'Where versions can be expected, a save with a stale one is a conflict, and one of many wins.',
    reason:
      'No extension: `ifVersion` is part of every backend. VER-03 to VER-07, VER-12 to VER-15 and CON-19 ask for it.',
  },
  {
    id: 'EXT-04',
    statement:
      'Where runs can be claimed, the end of a lease follows the clock, and only its holder renews or releases it.',
    reason: 'No extension: the group `claims`, which may be declared missing. CLM-04 and CLM-07 to CLM-12 ask for it.',
  },
  {
    id: 'EXT-05',
    statement: 'Namespaces in one store do not see each other.',
    reason: 'The contract has no namespaces.',
  },
  {
    id: 'EXT-06',
    statement: 'Where lists have cursors, a walk during writes gives every row that stays exactly once.',
    reason: 'No extension: `after` is part of every list. CUR-04 asks for it.',
  },
  {
    id: 'EXT-07',
    statement: 'What one store exports another imports, and is equal to it.',
    reason: 'The contract has no transfer.',
  },
]

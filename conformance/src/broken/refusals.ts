/** Backends that take what they should refuse, and refuse what they should take. */
import { isStateBackendError, type SpanNodeInput, type StateBackend, StateBackendError } from '@flujo-state/core'
import { doing, has, seeing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** The call without what was refused at one of these paths, if it was. */
async function unlessAt<T>(paths: RegExp, call: () => Promise<T>, mended: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!isStateBackendError(error, 'VALIDATION') || !paths.test(error.path ?? '')) throw error
    return mended()
  }
}

/** The tree down to where it comes to itself again. */
function withoutCycles(node: SpanNodeInput, above: readonly SpanNodeInput[] = []): SpanNodeInput {
  const children = (node.children ?? []).filter((child) => ![...above, node].includes(child))
  return { ...node, children: children.map((child) => withoutCycles(child, [...above, node])) }
}
const containsItself = (node: SpanNodeInput, above: readonly unknown[] = []): boolean =>
  above.length < 50 &&
  (above.includes(node) || (node?.children ?? []).some?.((child) => containsItself(child, [...above, node])))

export const brokenRefusals: readonly BrokenBackend[] = [
  brokenBackend(
    'steps-unchecked',
    'a step index that is none becomes 0',
    ['STP-11', 'BAD-01[saveStepResult]'],
    ({ backend }) => ({
      saveStepResult: ((...[step, options]: Parameters<StateBackend['saveStepResult']>) =>
        unlessAt(
          /^\$\.stepIndex$/,
          () => backend.saveStepResult(step, options),
          () => backend.saveStepResult({ ...step, stepIndex: 0 }, options),
        )) as StateBackend['saveStepResult'],
    }),
  ),
  brokenBackend('cyclic-trace-cut', 'a tree that contains itself is cut', ['TRC-12'], ({ backend }) => ({
    saveTrace: (runId, root, options) =>
      backend.saveTrace(runId, containsItself(root) ? withoutCycles(root) : root, options),
  })),
  brokenBackend('run-filters-dropped', 'unknown filters of listRuns are passed over', ['RUN-29'], ({ backend }) => ({
    listRuns: (filter) =>
      unlessAt(
        /^\$\.(?!limit|offset|after)/,
        () => backend.listRuns(filter),
        () => backend.listRuns({ limit: filter?.limit, offset: filter?.offset, after: filter?.after }),
      ),
  })),
  brokenBackend(
    'stats-filters-dropped',
    'filters of the span statistics that cannot be meant are passed over',
    ['SPN-23', 'BAD-01[getSpanStatistics]'],
    ({ backend }) => ({
      getSpanStatistics: (filter) =>
        unlessAt(
          /./,
          () => backend.getSpanStatistics(filter),
          () => backend.getSpanStatistics(),
        ),
    }),
  ),
  brokenBackend(
    'claims-by-nobody',
    'a claim without an owner is that of nobody',
    ['CLM-13', 'BAD-01[claimRun]'],
    ({ backend }) => ({
      claimRun: (runId, options) =>
        unlessAt(
          /^\$\.owner$/,
          () => backend.claimRun(runId, options),
          () => backend.claimRun(runId, { ...options, owner: 'nobody' }),
        ),
    }),
  ),
  brokenBackend(
    'renewals-unchecked',
    'a term that cannot be meant is taken for a minute',
    ['CLM-15', 'BAD-01[renewLease]'],
    ({ backend }) => ({
      renewLease: (lease, options) =>
        unlessAt(
          /^\$(\.leaseMs)?$/,
          () => backend.renewLease(lease, options),
          () => backend.renewLease(lease, { leaseMs: 60_000 }),
        ),
    }),
  ),
  brokenBackend(
    'delete-options-dropped',
    'deleteRun passes over options that it does not know',
    ['CLM-24', 'BAD-01[deleteRun]'],
    ({ backend }) => ({
      deleteRun: (runId, options) =>
        unlessAt(
          /^\$(?!\.runId)/,
          () => backend.deleteRun(runId, options),
          () => backend.deleteRun(runId),
        ),
    }),
  ),
  brokenBackend(
    'versions-as-texts',
    'an ifVersion that is a text is taken',
    ['VER-17', 'BAD-01[updateState]'],
    ({ backend }) => ({
      updateState: (runId, patch, options) =>
        unlessAt(
          /^\$\.ifVersion$/,
          () => backend.updateState(runId, patch, options),
          () => backend.updateState(runId, patch, { ...options, ifVersion: undefined }),
        ),
    }),
  ),
  brokenBackend(
    'filter-read-late',
    'the filter of listRuns is read after the first wait',
    ['RUN-32'],
    ({ backend }) => ({
      listRuns: async (filter) => {
        await null
        return backend.listRuns(filter)
      },
    }),
  ),
  brokenBackend(
    'metadata-filter-unchecked',
    'what cannot be stored is taken in a metadataFilter, and matches nothing',
    ['RUN-33'],
    ({ backend }) => ({
      listRuns: (filter) =>
        backend.listRuns(filter).catch((error) => {
          if (!isStateBackendError(error, 'SERIALIZATION')) throw error
          return []
        }),
    }),
  ),
  brokenBackend('refusals-kept', 'a refused write of the system state is kept as a run', ['GEN-03'], ({ backend }) => ({
    setSystemState: async (key, value) => {
      try {
        await backend.setSystemState(key, value)
      } catch (error) {
        await backend.saveRunStart({ runId: 'refused', errorMessage: String(error) }).catch(() => {})
        throw error
      }
    },
  })),
  brokenStore(
    'unleased-writes-refused',
    'while somebody holds a lease, a step without it is refused',
    ['LSE-03'],
    doing((unit) =>
      has(unit, 'save-step') && !unit.conditions.some(({ kind }) => kind === 'fence')
        ? { ...unit, conditions: [{ kind: 'unclaimed' }, ...unit.conditions] }
        : unit,
    ),
  ),
  brokenStore(
    'cas-of-the-next',
    'ifVersion is compared with the version that the write will have',
    ['VER-03', 'VER-04'],
    doing((unit) => ({
      ...unit,
      conditions: unit.conditions.map((each) =>
        each.kind === 'version' && each.is > 0 ? { ...each, is: each.is - 1 } : each,
      ),
    })),
  ),
  brokenBackend(
    'version-in-the-input-counts',
    'the version of a snapshot that is saved back is taken for ifVersion',
    ['VER-11'],
    ({ backend }) => ({
      saveState: (runId, state, options) => {
        const { version } = (state ?? {}) as { version?: number }
        return backend.saveState(runId, state, version === undefined ? options : { ifVersion: version, ...options })
      },
    }),
  ),
  brokenBackend('chatty', 'a write of the system state writes to the console', ['GEN-08'], ({ backend }) => ({
    setSystemState: async (key, value) => {
      // Nothing, so that it disturbs nobody; but it writes.
      process.stdout.write('')
      return backend.setSystemState(key, value)
    },
  })),
  brokenBackend(
    'rejections-unhandled',
    'a claim that is refused leaves a rejection behind',
    ['GEN-08'],
    ({ backend }) => ({
      claimRun: async (...args) => {
        const call = backend.claimRun(...args)
        void call.finally(() => {})
        return call
      },
    }),
  ),
  brokenStore(
    'empty-patch-skipped',
    'an update that changes nothing is not made, and keeps version and updatedAt',
    ['ATM-07', 'STA-27'],
    doing((unit) => ({
      ...unit,
      changes: unit.changes.filter(
        (each) =>
          each.kind !== 'update-state' ||
          Object.keys(each.set).length > 0 ||
          each.append?.length ||
          each.history !== null,
      ),
    })),
  ),
  brokenStore(
    'snapshot-not-looked-at',
    'the run record of a step is a placeholder, whatever snapshot there is',
    ['PLH-05'],
    seeing((_head, unit) => (has(unit, 'save-step') && !has(unit, 'update-state') ? { state: null } : {})),
  ),
  brokenBackend('busy-instead-of-closed', 'a save after shutdown is BUSY', ['ERR-01', 'SHD-02'], ({ backend }) => ({
    saveState: (runId, ...rest) =>
      backend.saveState(runId, ...rest).catch((error) => {
        if (!isStateBackendError(error, 'CLOSED')) throw error
        throw new StateBackendError('BUSY', 'saveState: the connection is closed', { runId })
      }),
  })),
]

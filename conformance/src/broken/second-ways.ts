/** What an author writes a second time and gets wrong there: patches beside saves, the state of a step, copies, caches, ends. */
import type { Lease, StateBackend, Storable, WorkflowStatePatch } from '@flujo-state/core'
import { StateBackendError } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { seeing, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** How many numbers of each kind instances have taken from a storage, in blocks of ten. */
const taken = new WeakMap<object, number>()

/** A store whose instances number what they write from blocks of their own. */
class InBlocks extends ReferenceStore {
  #next = 0
  #end = 0

  protected nextNumber(): number {
    if (this.#next >= this.#end) {
      this.#next = taken.get(this.tables) ?? 0
      this.#end = this.#next + 10
      taken.set(this.tables, this.#end)
    }
    this.#next += 1
    return this.#next
  }
}

const textOfDate = (value: Storable) => (value instanceof Date && value.getTime() >= 0 ? value.toISOString() : value)

function withDatesAsTexts(patch: WorkflowStatePatch): WorkflowStatePatch {
  const { pipelineContext } = patch ?? {}
  if (typeof pipelineContext !== 'object') return patch
  const entries = Object.entries(pipelineContext).map(([key, value]) => [key, textOfDate(value)] as const)
  return { ...patch, pipelineContext: Object.fromEntries(entries) }
}

const unixLines = <T>(text: T) => (typeof text === 'string' ? text.replaceAll('\r\n', '\n') : text)

/** Whether the lease is from before a renewal that ends at `last`. */
const isOlder = (lease: Lease | undefined, last: unknown) =>
  lease !== undefined && last instanceof Date && lease.expiresAt.getTime() !== last.getTime()

export const brokenSecondWays: readonly BrokenBackend[] = [
  brokenBackend('filters-read-late', 'a list reads its filter when it begins to work', ['ISO-07'], ({ backend }) => ({
    listWorkflows: async (filter) => {
      await soon()
      return backend.listWorkflows(filter)
    },
  })),
  brokenBackend(
    'leases-read-late',
    'a release reads the lease when it begins to work',
    ['ISO-07[releaseLease]'],
    ({ backend }) => ({
      releaseLease: async (lease) => {
        await soon()
        return backend.releaseLease(lease)
      },
    }),
  ),
  brokenBackend('one-empty-list', 'all empty lists of steps are one array', ['ISO-08'], ({ backend }) => {
    const none: Awaited<ReturnType<StateBackend['listRunSteps']>> = []
    return {
      listRunSteps: async (runId) => {
        const steps = await backend.listRunSteps(runId)
        return steps.length === 0 ? none : steps
      },
    }
  }),
  brokenBackend('answers-frozen', 'a run that was read is frozen', ['ISO-08[getRunDetails]'], ({ backend }) => ({
    getRunDetails: async (runId) => Object.freeze(await backend.getRunDetails(runId)),
  })),
  brokenBackend(
    'reads-at-once-shared',
    'reads at the same time share one answer',
    ['ISO-08[loadState]'],
    ({ backend }) => {
      const underWay = new Map<string, ReturnType<StateBackend['loadState']>>()
      return {
        loadState: (runId) => {
          const reading = underWay.get(runId) ?? backend.loadState(runId).finally(() => underWay.delete(runId))
          underWay.set(runId, reading)
          return reading
        },
      }
    },
  ),
  brokenBackend(
    'renewals-supersede',
    'after a renewal the lease from before is refused',
    ['CLM-25'],
    ({ backend, memory }) => ({
      renewLease: async (lease, options) => {
        const renewed = await backend.renewLease(lease, options)
        memory.set(`${renewed.runId} ${renewed.fence}`, new Date(renewed.expiresAt))
        return renewed
      },
      saveState: (runId, state, options) => {
        const { lease } = options ?? {}
        return isOlder(lease, memory.get(`${lease?.runId} ${lease?.fence}`))
          ? Promise.reject(new StateBackendError('STALE_LEASE', 'saveState: the lease was renewed', { runId }))
          : backend.saveState(runId, state, options)
      },
    }),
  ),
  brokenStore(
    'fences-in-blocks',
    'each instance takes its fences from a block of its own',
    ['CLM-26'],
    class extends InBlocks {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        return super.commit(units, (unit, head, now) => {
          if (!unit.changes.some(({ kind }) => kind === 'claim')) return decide(unit, head, now)
          const refused = decide(unit, head, now)
          const counters = { ...head.counters, fence: this.nextNumber() - 1 }
          return refused.outcome.ok ? decide(unit, { ...head, counters }, now) : refused
        })
      }
    },
  ),
  brokenStore(
    'evaluations-in-blocks',
    'each instance numbers its evaluations from a block of its own',
    ['EVL-17'],
    class extends InBlocks {
      protected override apply(write: Parameters<ReferenceStore['apply']>[0]) {
        const row = write.kind === 'add-evaluation' ? { ...write.row, sequence: this.nextNumber() } : null
        super.apply(row ? { kind: 'add-evaluation', row } : write)
      }
    },
  ),
  brokenBackend(
    'patched-dates-as-texts',
    'dates in the context of a patch become texts',
    ['VAL-19'],
    ({ backend }) => ({
      updateState: (runId, patch, options) => backend.updateState(runId, withDatesAsTexts(patch), options),
    }),
  ),
  brokenBackend('patched-lines', 'a patch turns the ends of lines into those of Unix', ['VAL-20'], ({ backend }) => ({
    updateState: (runId, patch, options) =>
      backend.updateState(
        runId,
        patch?.errorMessage ? { ...patch, errorMessage: unixLines(patch.errorMessage) } : patch,
        options,
      ),
  })),
  brokenStore(
    'patched-counts-of-32-bits',
    'a patch keeps 31 bits of totalSteps',
    ['VAL-21'],
    writing((write) =>
      write.kind === 'patch-state' && write.set.totalSteps !== undefined
        ? { ...write, set: { ...write.set, totalSteps: Math.min(write.set.totalSteps, 2 ** 31 - 1) } }
        : write,
    ),
  ),
  brokenBackend(
    'system-state-cached',
    'an instance keeps the system states that it has read until it writes them itself',
    ['CON-52'],
    ({ backend }) => {
      const kept = new Map<string, Awaited<ReturnType<StateBackend['getSystemState']>>>()
      return {
        setSystemState: async (key, value) => {
          kept.delete(key)
          await backend.setSystemState(key, value)
          kept.delete(key)
        },
        getSystemState: async (key) => {
          const read = await backend.getSystemState(key)
          if (!kept.has(key)) kept.set(key, structuredClone(read))
          return structuredClone(kept.get(key) ?? null)
        },
      }
    },
  ),
  brokenBackend(
    'late-evaluations-refused',
    'an evaluation counts as accepted only in the next turn',
    ['SHD-10'],
    ({ backend }) => ({
      persistEvaluation: async (runId, evaluation, options) => {
        const copy = evaluation && { ...evaluation }
        await soon()
        return backend.persistEvaluation(runId, copy, options)
      },
    }),
  ),
  brokenBackend('second-shutdown-at-once', 'a second shutdown does not wait', ['SHD-11'], ({ backend }) => {
    let ending = false
    return {
      shutdown: async () => {
        if (ending) return
        ending = true
        await soon()
        await backend.shutdown()
      },
    }
  }),
  brokenStore(
    'steps-sorted-at-the-end',
    'a clean end puts the steps into the order of their ids',
    ['DUR-41'],
    class extends ReferenceStore {
      override close() {
        this.tables.steps = [...this.tables.steps].sort((a, b) => (a.executionId < b.executionId ? -1 : 1))
      }
    },
  ),
  brokenStore(
    'version-0-meets-records',
    'ifVersion 0 asks for no run record either',
    ['VER-19'],
    seeing(({ state, run }, { conditions }) => {
      const asksForNone = conditions.some((condition) => condition.kind === 'version' && condition.is === 0)
      if (!asksForNone || state !== null || run === null) return {}
      const { pipelineId, pipelineName, pipelineVersion, status, createdAt, updatedAt, totalSteps } = run
      const { errorMessage, executionTimeMs, memoryUsageMb } = run
      const names = { runId: run.runId, pipelineId, pipelineName, pipelineVersion, status }
      const figures = { createdAt, updatedAt, totalSteps, errorMessage, executionTimeMs, memoryUsageMb }
      return { state: { ...names, ...figures, version: 1, isBackgroundTask: false } }
    }),
  ),
  brokenBackend('empty-appends-skipped', 'an append of nothing is no write', ['VER-20'], ({ backend }) => ({
    updateState: async (runId, patch, options) => {
      const fields = Object.keys(patch ?? {})
      const nothing = fields.length === 1 && patch.appendStepHistory?.length === 0 && options === undefined
      const state = nothing ? await backend.loadState(runId) : null
      return state === null ? backend.updateState(runId, patch, options) : { version: state.version }
    },
  })),
]

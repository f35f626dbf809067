/** What only clients at the same time can see: what histories and readers beside a writer are for. */
import type { CommitUnit, Decide, WorkflowState, Write } from '@flujo-state/core'
import { ticks } from '../fixtures/workflows.js'
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A store that writes part by part, while readers look. */
class PartByPart extends ReferenceStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const outcomes = []
    for (const unit of units) {
      const { outcome, writes } = decide(unit, this.head(unit), Date.now())
      for (const write of writes)
        for (const part of this.partsOf(write)) {
          part()
          await ticks(20)
        }
      outcomes.push(outcome)
    }
    return outcomes
  }

  protected partsOf(write: Write): (() => void)[] {
    return [() => this.apply(write)]
  }
}

export const brokenRaces: readonly BrokenBackend[] = [
  brokenStore(
    'spans-one-by-one',
    'the spans of one call are stored one after the other',
    ['CON-14', 'CON-28'],
    class extends PartByPart {
      override partsOf(write: Write) {
        if (write.kind !== 'put-spans') return super.partsOf(write)
        return write.rows.map((row) => () => this.apply({ ...write, rows: [row] }))
      }
    },
  ),
  brokenStore(
    'deletes-table-by-table',
    'the parts of a run are deleted one after the other',
    ['CON-29', 'CON-30'],
    class extends PartByPart {
      override partsOf(write: Write) {
        if (write.kind !== 'delete-run') return super.partsOf(write)
        const of = <R extends { readonly runId: string }>(rows: readonly R[]) =>
          rows.filter(({ runId }) => runId !== write.runId)
        return [
          () => Object.assign(this.tables, { states: of(this.tables.states), histories: of(this.tables.histories) }),
          () => Object.assign(this.tables, { steps: of(this.tables.steps), spans: of(this.tables.spans) }),
          () => this.apply(write),
        ]
      }
    },
  ),
  brokenBackend(
    'stale-read',
    'every third load gives what the load before it gave',
    ['CON-06', 'CON-07'],
    ({ backend, memory }) => ({
      loadState: async (runId) => {
        const loads = Number(memory.get('loads') ?? 0) + 1
        memory.set('loads', loads)
        const old = memory.get(`state of ${runId}`) as WorkflowState | null | undefined
        const state = await backend.loadState(runId)
        memory.set(`state of ${runId}`, structuredClone(state))
        return loads % 3 === 0 && old !== undefined ? structuredClone(old) : state
      },
    }),
  ),
  brokenBackend(
    'cache-between-instances',
    'what an instance has read it reads again from the store only every fourth time, or after its own writes',
    ['CON-05', 'CON-20'],
    ({ backend }) => {
      const cache = new Map<string, { state: WorkflowState | null; uses: number }>()
      const forget = <T>(runId: string, written: Promise<T>) => {
        cache.delete(runId)
        return written.finally(() => cache.delete(runId))
      }
      return {
        loadState: async (runId) => {
          const known = cache.get(runId)
          if (known && ++known.uses % 4 !== 0) return structuredClone(known.state)
          const state = await backend.loadState(runId)
          cache.set(runId, { state: structuredClone(state), uses: 0 })
          return state
        },
        saveState: (runId, ...rest) => forget(runId, backend.saveState(runId, ...rest)),
        updateState: (runId, ...rest) => forget(runId, backend.updateState(runId, ...rest)),
        deleteState: (runId, ...rest) => forget(runId, backend.deleteState(runId, ...rest)),
      }
    },
  ),
  brokenBackend(
    'cleanup-double-count',
    'cleanup counts what it finds, also what another one deletes',
    ['CON-09', 'CON-24'],
    ({ backend }) => ({
      cleanupOldWorkflows: async (options) => {
        const count = await backend.cleanupOldWorkflows({ ...options, dryRun: true })
        const deleted = await backend.cleanupOldWorkflows(options)
        return options?.signal ? deleted : count
      },
    }),
  ),
  brokenBackend(
    'end-overwrites-start',
    'an end writes back the names of the run that it has read before',
    ['CON-10', 'CON-27'],
    ({ backend }) => ({
      saveRunEnd: (async (...args: Parameters<typeof backend.saveRunEnd>) => {
        const [runId] = args
        const run = await backend.getRunDetails(runId)
        const written = await backend.saveRunEnd(...args)
        if (run && !run.placeholder) {
          const { pipelineId, pipelineName, pipelineVersion } = run
          const updatedAt = (await backend.getRunDetails(runId))?.updatedAt
          await backend.saveRunStart({ runId, pipelineId, pipelineName, pipelineVersion, updatedAt })
        }
        return written
      }) as typeof backend.saveRunEnd,
    }),
  ),
]

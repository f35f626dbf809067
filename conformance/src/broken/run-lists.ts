/** Run records that are shown, filtered or listed wrongly. */
import { contains, type RunFilter, type RunQuery, type RunSummary, type RunSummaryRow } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'
import { slice, whole } from './lists.js'

type Contains = (value: unknown, filter: unknown) => boolean

/** `listRuns` with a containment of its own. */
function filteringBy(containment: Contains) {
  return (backend: { listRuns(filter?: RunFilter): Promise<RunSummary[]> }) => ({
    listRuns: async ({ metadataFilter = {}, ...filter }: RunFilter = {}) => {
      const all = await backend.listRuns(whole(filter))
      return slice(
        all.filter(({ metadata }) => containment(metadata, metadataFilter)),
        filter,
      )
    },
  })
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const loose: Contains = (value, filter) =>
  isObject(filter) && !Array.isArray(filter) && isObject(value)
    ? Object.keys(filter).every((key) => Object.hasOwn(value, key) && loose(value[key], filter[key]))
    : // biome-ignore lint/suspicious/noDoubleEquals: this is what is wrong with it
      contains(value, filter) || value == filter

const arraySubset: Contains = (value, filter) => {
  if (Array.isArray(filter))
    return Array.isArray(value) && filter.every((item) => value.some((each) => arraySubset(each, item)))
  if (!isObject(filter) || !isObject(value)) return contains(value, filter)
  return Object.keys(filter).every((key) => Object.hasOwn(value, key) && arraySubset(value[key], filter[key]))
}

const inOperator: Contains = (value, filter) => {
  if (!isObject(filter) || Array.isArray(filter)) return contains(value, filter)
  if (!isObject(value) && typeof value !== 'function') return false
  const target = value as Record<string, unknown>
  return Object.keys(filter).every((key) => key in target && inOperator(target[key], filter[key]))
}

export const brokenRunLists: readonly BrokenBackend[] = [
  brokenBackend('final-context-in-lists', 'listRuns carries finalContext', ['RUN-24'], ({ backend }) => ({
    listRuns: async (filter) => {
      const runs = await backend.listRuns(filter)
      return Promise.all(runs.map(async (run) => (await backend.getRunDetails(run.runId)) ?? run))
    },
  })),
  brokenBackend('states-as-runs', 'snapshots without a run record are listed as runs', ['RUN-13'], ({ backend }) => ({
    getRunDetails: async (runId) => {
      const run = await backend.getRunDetails(runId)
      const state = await backend.loadState(runId)
      if (run !== null || state === null) return run
      return { ...state, endedAt: null, totalCostUsd: 0, finalContext: null, placeholder: false }
    },
  })),
  brokenStore(
    'own-metadata-shown',
    "a run shows its own metadata, whatever its snapshot's is",
    ['RUN-28', 'RUN-31'],
    class extends ReferenceStore {
      protected override withMetadata<R extends RunSummaryRow>(row: R): R {
        return row
      }
    },
  ),
  brokenBackend('metadata-loose-equality', 'metadataFilter compares with ==', ['RUN-30'], ({ backend }) =>
    filteringBy(loose)(backend),
  ),
  brokenBackend(
    'metadata-array-subset',
    'metadataFilter is content with a part of an array',
    ['RUN-30'],
    ({ backend }) => filteringBy(arraySubset)(backend),
  ),
  brokenBackend('metadata-in-operator', 'metadataFilter finds inherited keys', ['RUN-11'], ({ backend }) =>
    filteringBy(inOperator)(backend),
  ),
  brokenBackend('metadata-by-json', 'metadataFilter compares JSON texts', ['RUN-30'], ({ backend }) =>
    filteringBy((value, filter) => contains(JSON.parse(safeJson(value)), JSON.parse(safeJson(filter))))(backend),
  ),
  brokenBackend('metadata-after-page', 'metadataFilter is applied to the page', ['RUN-12'], ({ backend }) => ({
    listRuns: async ({ metadataFilter = {}, ...filter } = {}) =>
      (await backend.listRuns(filter)).filter(({ metadata }) => contains(metadata, metadataFilter)),
  })),
  brokenStore(
    'run-filter-ignores-case',
    'the pipelineName filter of listRuns ignores case',
    ['RUN-25'],
    class extends ReferenceStore {
      override async listRuns({ pipelineName, ...query }: RunQuery) {
        const wanted = pipelineName?.toLowerCase()
        const rows = await super.listRuns(whole(query))
        return slice(
          rows.filter((row) => wanted === undefined || row.pipelineName.toLowerCase() === wanted),
          query,
        )
      }
    },
  ),
]

const safeJson = (value: unknown) =>
  JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? String(item) : item))

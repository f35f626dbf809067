/** Statistics of spans, made wrongly. */
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

export const brokenSpanStatistics: readonly BrokenBackend[] = [
  brokenBackend('stats-include-open', 'open spans are counted', ['SPN-09', 'SPN-13'], ({ backend }) => ({
    getSpanStatistics: async (filter) => {
      const statistics = await backend.getSpanStatistics(filter)
      const runs = await backend.listRuns()
      const open = (await Promise.all(runs.map(({ runId }) => backend.getSpans(runId))))
        .flat()
        .filter(({ endTime }) => endTime === null)
      return { ...statistics, totalSpans: statistics.totalSpans + open.length }
    },
  })),
  brokenStore(
    'stats-frozen-pipeline',
    'the pipeline of a span is the one of when it was saved',
    ['SPN-11'],
    class extends ReferenceStore {
      readonly #names = new Map<string, string>()
      override async listRuns(query: Parameters<ReferenceStore['listRuns']>[0]) {
        const rows = await super.listRuns({ ...query, pipelineName: undefined })
        return rows.filter((row) => {
          const name = this.#names.get(row.runId) ?? row.pipelineName
          this.#names.set(row.runId, name)
          return query.pipelineName === undefined || name === query.pipelineName
        })
      }
    },
  ),
  brokenBackend('range-exclusive', 'timeRange leaves out its end', ['SPN-12', 'SPN-21'], ({ backend }) => ({
    getSpanStatistics: ({ timeRange, ...filter } = {}) =>
      backend.getSpanStatistics(
        timeRange && timeRange[0] < timeRange[1]
          ? { ...filter, timeRange: [timeRange[0], Number(timeRange[1]) - 0.001] }
          : { ...filter, timeRange },
      ),
  })),
  brokenBackend('byname-plain-object', 'names are counted in a plain object with ++', ['SPN-14'], ({ backend }) => ({
    getSpanStatistics: async (filter) => {
      const statistics = await backend.getSpanStatistics(filter)
      const byName: Record<string, number> = {}
      for (const [name, count] of Object.entries(statistics.byName)) byName[name] = (byName[name] ?? 0) + count
      return { ...statistics, byName }
    },
  })),
  brokenBackend('span-stats-undefined', 'without spans the maps are missing', ['SPN-13'], ({ backend }) => ({
    getSpanStatistics: async (filter) => {
      const statistics = await backend.getSpanStatistics(filter)
      return statistics.totalSpans > 0 ? statistics : ({ totalSpans: 0 } as typeof statistics)
    },
  })),
]

/** What a hurried author gets wrong in spans, trees, statistics, and what is kept between two openings. */
import type { DurationStatistics, SpanNode, SpanRow } from '@flujo-state/core'
import { referenceHarness } from '../reference.js'
import { ReferenceStore, type Tables } from '../reference-store.js'
import { writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A harness whose storage changes each time it is opened again. */
function reopening(name: string, damage: (tables: Tables) => void) {
  const known = new WeakSet<Tables>()
  return referenceHarness(name, (tables) => {
    if (known.has(tables)) damage(tables)
    known.add(tables)
    return new ReferenceStore(tables)
  })
}

const durationOf = ({ startTime, endTime }: SpanRow) => (endTime ?? startTime) - startTime

/** Averages of each run, averaged. */
function averagesOfRuns(spans: readonly SpanRow[], name: string): number {
  const runs = [...new Set(spans.map(({ runId }) => runId))]
  const averages = runs.flatMap((runId) => {
    const own = spans.filter((span) => span.runId === runId && span.name === name && span.endTime !== null)
    return own.length === 0 ? [] : own.reduce((sum, span) => sum + durationOf(span), 0) / own.length
  })
  return averages.reduce((sum, average) => sum + average, 0) / averages.length
}

export const hurriedTraces: readonly BrokenBackend[] = [
  brokenStore(
    'spans-by-name',
    'spans of one name and parent replace one another',
    ['SPN-01'],
    writing((write, { spans }) => {
      if (write.kind !== 'put-spans') return write
      const seen = [...spans]
      const rows = write.rows.map((row) => {
        const same = seen.find(
          (span) => span.runId === row.runId && span.name === row.name && span.parentSpanId === row.parentSpanId,
        )
        seen.push(row)
        return same ? { ...row, spanId: same.spanId } : row
      })
      return { ...write, rows }
    }),
  ),
  brokenStore(
    'parents-stay',
    'a span that is saved again keeps its first parent',
    ['SPN-03'],
    writing((write, { spans }) => {
      if (write.kind !== 'put-spans') return write
      const rows = write.rows.map((row) => {
        const old = spans.find(({ runId, spanId }) => runId === row.runId && spanId === row.spanId)
        return old ? { ...row, parentSpanId: old.parentSpanId } : row
      })
      return { ...write, rows }
    }),
  ),
  brokenBackend('trace-cached', 'a tree is kept until the next saveTrace', ['TRC-22'], ({ backend, memory }) => ({
    saveTrace: async (runId, ...rest) => {
      await backend.saveTrace(runId, ...rest)
      memory.delete(`tree of ${runId}`)
    },
    deleteRun: async (runId, ...rest) => {
      await backend.deleteRun(runId, ...rest)
      memory.delete(`tree of ${runId}`)
    },
    getTrace: async (runId) => {
      const key = `tree of ${runId}`
      if (memory.get(key) == null) memory.set(key, await backend.getTrace(runId))
      return structuredClone(memory.get(key)) as SpanNode | null
    },
  })),
  brokenBackend(
    'average-of-averages',
    'the average duration is that of the averages of the runs',
    ['SPN-10'],
    ({ backend }) => ({
      getSpanStatistics: async (filter) => {
        const statistics = await backend.getSpanStatistics(filter)
        const runs = await backend.listRuns()
        const spans = (
          await Promise.all(
            runs.map(async ({ runId }) =>
              (await backend.getSpans(runId)).map((span) => ({ ...span, runId }) as unknown as SpanRow),
            ),
          )
        ).flat()
        const entries = Object.entries(statistics.durationByName).map(
          ([name, figures]): [string, DurationStatistics] => [
            name,
            { ...figures, average: averagesOfRuns(spans, name) },
          ],
        )
        return { ...statistics, durationByName: Object.fromEntries(entries) }
      },
    }),
  ),
  brokenBackend('range-on-endTime', 'timeRange looks at the end of a span', ['SPN-12'], ({ backend }) => ({
    getSpanStatistics: async ({ timeRange, ...filter } = {}) => {
      if (timeRange === undefined) return backend.getSpanStatistics(filter)
      const all = await backend.getSpanStatistics({ ...filter, timeRange })
      const runs = await backend.listRuns(filter.pipelineName === undefined ? {} : filter)
      const spans = (await Promise.all(runs.map(({ runId }) => backend.getSpans(runId)))).flat()
      const inside = spans.filter(
        ({ endTime }) => endTime !== null && endTime >= Number(timeRange[0]) && endTime <= Number(timeRange[1]),
      )
      return { ...all, totalSpans: inside.length }
    },
  })),
  brokenBackend('system-empty-is-missing', 'an empty value is read as none', ['SYS-02'], ({ backend }) => ({
    getSystemState: async (key) => {
      const entry = await backend.getSystemState(key)
      return entry && Object.keys(entry.value).length > 0 ? entry : null
    },
  })),
  {
    name: 'evaluation-order-forgotten',
    wrong: 'evaluations are numbered from 1 again after reopening',
    breaks: ['DUR-40'],
    harness: reopening('evaluation-order-forgotten', (tables) => {
      tables.counters = { ...tables.counters, evaluation: 0 }
    }),
  },
  {
    name: 'status-of-an-older-checkpoint',
    wrong: 'reopening gives run records the status that they began with',
    breaks: ['DUR-01', 'DUR-02'],
    harness: reopening('status-of-an-older-checkpoint', (tables) => {
      tables.runs = tables.runs.map((row) => ({ ...row, status: 'running', endedAt: null }))
    }),
  },
  {
    name: 'step-order-forgotten',
    wrong: 'reopening sorts the steps of one index by their ids',
    breaks: ['DUR-41'],
    harness: reopening('step-order-forgotten', (tables) => {
      tables.steps = [...tables.steps].sort((a, b) => (a.executionId < b.executionId ? -1 : 1))
    }),
  },
]

/** What goes wrong where the contract says a thing only once. */
import { isStateBackendError, type StateBackend } from '@flujo-state/core'
import { type BrokenBackend, brokenBackend } from './broken-backend.js'
import { brokenFileStore } from './broken-file.js'

const isMinusZero = (value: unknown) => Object.is(value, -0)

export const brokenSmallPrint: readonly BrokenBackend[] = [
  brokenBackend('empty-name-is-no-filter', 'an empty name filters no spans', ['GEN-11'], ({ backend }) => ({
    getSpans: (runId, filter) => backend.getSpans(runId, filter?.name === '' ? {} : filter),
  })),
  brokenBackend('conflict-retryable', 'a conflict says that the call may be made again', ['ERR-08'], ({ backend }) => ({
    saveState: async (...args) => {
      try {
        return await backend.saveState(...args)
      } catch (error) {
        if (isStateBackendError(error, 'CONFLICT')) Object.defineProperty(error, 'retryable', { value: true })
        throw error
      }
    },
  })),
  brokenBackend(
    'end-dates-snapshot-now',
    'an end under a time of its own dates the snapshot with now',
    ['ONE-15'],
    ({ backend }) => ({
      saveRunEnd: (async (...args: Parameters<StateBackend['saveRunEnd']>) => {
        const [runId, end, options] = args
        const before = await backend.loadState(runId).catch(() => null)
        const written = await backend.saveRunEnd(...args)
        const moved = before !== null && before.status !== (await backend.loadState(runId))?.status
        if (moved && end.updatedAt !== undefined && options === undefined) await backend.updateState(runId, {})
        return written
      }) as StateBackend['saveRunEnd'],
    }),
  ),
  brokenBackend('span-minus-zero', 'a span that starts at -0 keeps it', ['SPN-24'], ({ backend, memory }) => ({
    saveSpans: async (runId, spans, options) => {
      const ids = Array.isArray(spans) ? spans.filter((span) => isMinusZero(span?.startTime)).map((s) => s.spanId) : []
      await backend.saveSpans(runId, spans, options)
      for (const spanId of ids) memory.set(`${runId} ${spanId}`, -0)
    },
    getSpans: async (runId, filter) => {
      const spans = await backend.getSpans(runId, filter)
      return spans.map((span) =>
        span.startTime === 0 && memory.has(`${runId} ${span.spanId}`) ? { ...span, startTime: -0 } : span,
      )
    },
  })),
  brokenBackend(
    'evaluation-id-given',
    'an evaluation may bring an id, which is forgotten',
    ['EVL-16'],
    ({ backend }) => ({
      persistEvaluation: async (runId, evaluation, options) => {
        const isPlain = Object.prototype.toString.call(evaluation) === '[object Object]'
        const { evaluationId: _, ...rest } = (isPlain ? evaluation : {}) as typeof evaluation & {
          evaluationId?: string
        }
        return backend.persistEvaluation(runId, isPlain ? rest : evaluation, options)
      },
    }),
  ),
  brokenFileStore('journal-left', 'a journal stays when the last instance has gone', ['SHD-09']),
]

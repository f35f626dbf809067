import { cursorOf, type RunSummary, WORKFLOW_STATUSES, type WorkflowStatus } from '@flujo-state/core'
import { type Contest, contest } from '../harness/contest.js'
import type { ListControl, Listed } from '../subjects/control.js'
import { type Dataset, first, pipelineName, type Row, recentFrom } from '../subjects/dataset.js'
import { INDEXED_KEY, type Reading, readingMatch } from '../subjects/listed.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'
import type { SQLiteLists } from '../subjects/sqlite-lists.js'

const LIMIT = 50
/** What a scanning control reads of rows in a round. */
const ROWS_SCANNED = 100_000

const statusOf = (call: number): WorkflowStatus => WORKFLOW_STATUSES[call % WORKFLOW_STATUSES.length] ?? 'running'
const runIds = (rows: readonly Listed[]) => rows.map((row) => row.runId)
const whenAllAreRecent = (data: Dataset) => data.timeWhenRecent(1)
const named = (work: string, rows: number) => `${work} of ${rows.toLocaleString('en')}`

type ListReading<Lists extends ListControl> = Omit<Reading<readonly Listed[], Lists>, 'rows' | 'digest' | 'calls'>

/** The newest 50 summaries of one status among many snapshots. */
export function newest(places: readonly Place[], settings: Settings): Contest[] {
  const reading: ListReading<ListControl> = {
    now: whenAllAreRecent,
    ours: (backend, call) => backend.listWorkflows({ status: statusOf(call), limit: LIMIT }),
    control: (control, call) => control.newest(statusOf(call), LIMIT),
    expected: (data, call) => runIds(first(data.newest(), ({ status }) => status === statusOf(call), LIMIT)),
  }
  return places.flatMap((place) => {
    const { rows: sizes, lists } = scaleOf(place, settings)
    return sizes.map((rows) =>
      contest({
        work: named('newest by status', rows),
        place: place.name,
        control:
          { memory: 'filter over sorted summaries', file: 'read every file' }[place.name as string] ?? 'indexed query',
        // Smaller stores only show how the cost grows.
        target: place.hasTransactions && rows === sizes.at(-1) ? 0.5 : undefined,
        open: (site) =>
          readingMatch(place, site, {
            ...reading,
            rows,
            calls: lists,
            controlCalls: place.name === 'file' ? 2 : lists,
            digest: runIds,
          }),
      }),
    )
  })
}

/** The other lists, over the largest store. */
export function lists(place: Place<SQLiteLists>, settings: Settings): Contest[] {
  const { rows: sizes, lists: calls } = scaleOf(place, settings)
  const rows = sizes.at(-1) as number
  return indexedLists.map(({ work, ...reading }) =>
    contest({
      work: named(work, rows),
      place: place.name,
      control: 'indexed query',
      target: 0.5,
      open: (site) => readingMatch(place, site, { ...reading, rows, calls, digest: runIds }),
    }),
  )
}

const indexedLists: readonly (ListReading<SQLiteLists> & { readonly work: string })[] = [
  {
    work: 'newest by pipeline',
    now: whenAllAreRecent,
    ours: (backend, call) => backend.listWorkflows({ pipelineName: pipelineName(call), limit: LIMIT }),
    control: (control, call) => control.newestOfPipeline(pipelineName(call), LIMIT),
    expected: (data, call) => runIds(first(data.newest(), (row) => row.pipelineName === pipelineName(call), LIMIT)),
  },
  {
    work: 'page at half',
    now: whenAllAreRecent,
    ours(backend, call, data) {
      const { runId, createdAt } = middleRow(data, call)
      return backend.listWorkflows({ after: cursorOf({ runId, createdAt, updatedAt: createdAt }), limit: LIMIT })
    },
    control: (control, call, data) => control.behind(middleRow(data, call), LIMIT),
    expected(data, call) {
      const from = middleIndex(data, call)
      return Array.from({ length: Math.min(LIMIT, from) }, (_, index) => data.row(from - 1 - index).runId)
    },
  },
  {
    work: 'failed in 24 h',
    now: (data) => data.timeWhenRecent(0.01),
    ours: (backend) => backend.getFailedWorkflows({ hoursBack: 24 }),
    control: (control, _, data) => control.failedSince(recentFrom(data.timeWhenRecent(0.01))),
    expected(data) {
      const from = recentFrom(data.timeWhenRecent(0.01))
      const recent = first(data.newest(), ({ createdAt }) => createdAt.getTime() >= from, Math.ceil(data.rows / 100))
      return runIds(recent.filter(({ status }) => status === 'failed'))
    },
  },
]

const middleIndex = ({ rows }: Dataset, call: number) => Math.floor(rows / 2) + (call % 100)
const middleRow = (data: Dataset, call: number): Row => data.row(middleIndex(data, call))

/** `listRuns` by what stands in the metadata, beside a query that looks into that of every snapshot. */
export function metadata(place: Place<SQLiteLists>, settings: Settings): Contest[] {
  const { rows: sizes, lists: calls } = scaleOf(place, settings)
  const rows = sizes.at(-1) as number
  const scans = Math.min(calls, Math.max(2, Math.round(ROWS_SCANNED / rows)))
  return (['customer', 'order'] as const).map((key) => {
    const isIndexed = key === INDEXED_KEY
    const wanted = (data: Dataset, call: number) => data.row(call).metadata[key]
    return contest({
      work: named(`${isIndexed ? 'indexed' : 'other'} metadata`, rows),
      place: place.name,
      control: 'json_extract over all',
      target: isIndexed ? 20 : 1,
      open: (site) =>
        readingMatch<readonly (RunSummary | Listed)[], SQLiteLists>(place, site, {
          rows,
          calls: isIndexed ? calls : scans,
          controlCalls: scans,
          now: whenAllAreRecent,
          ours: (backend, call, data) => backend.listRuns({ metadataFilter: { [key]: wanted(data, call) } }),
          control: (control, call, data) => control.runsWith(key, wanted(data, call)),
          digest: runIds,
          expected: (data, call) =>
            runIds(first(data.newest(), (row) => row.metadata[key] === wanted(data, call), data.rows)),
        }),
    })
  })
}

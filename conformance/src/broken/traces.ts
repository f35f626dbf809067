/** Spans and trees, kept or made wrongly. */
import { isStateBackendError, type SpanNode, type SpanRow } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { doing, has, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A store that keeps something else of a span. */
const keeping = (change: (row: SpanRow) => Partial<SpanRow>) =>
  writing((write) =>
    write.kind === 'put-spans' ? { ...write, rows: write.rows.map((row) => ({ ...row, ...change(row) })) } : write,
  )

/** A backend whose trees are changed on the way out. */
const showing = (name: string, wrong: string, breaks: readonly string[], change: (root: SpanNode) => SpanNode | null) =>
  brokenBackend(name, wrong, breaks, ({ backend }) => ({
    getTrace: async (runId) => {
      const root = await backend.getTrace(runId)
      return root && change(root)
    },
  }))

/** The tree with its nodes' children replaced; not for deep ones. */
const withChildren = (node: SpanNode, change: (children: SpanNode[]) => SpanNode[]): SpanNode => ({
  ...node,
  children: change(node.children).map((child) => withChildren(child, change)),
})

export const brokenTraces: readonly BrokenBackend[] = [
  brokenStore(
    'child-attributes-lost',
    'attributes of child spans are dropped',
    ['TRC-01', 'SPN-01', 'SPN-06'],
    keeping(({ parentSpanId }) => (parentSpanId === null ? {} : { attributes: '{}' })),
  ),
  brokenStore(
    'events-lost',
    'events are dropped',
    ['TRC-01', 'TRC-15'],
    keeping(() => ({ events: '[]' })),
  ),
  brokenStore(
    'open-span-closed',
    'an open span ends when it starts',
    ['TRC-05', 'SPN-13'],
    keeping(({ startTime, endTime }) => ({ endTime: endTime ?? startTime })),
  ),
  brokenStore(
    'times-to-ms-int',
    'times are rounded to the millisecond',
    ['TRC-11', 'SPN-12'],
    keeping(({ startTime }) => ({ startTime: Math.round(startTime) })),
  ),
  brokenStore(
    'span-key-joined',
    'spans are found by run and span id joined with a colon',
    ['TRC-08'],
    class extends ReferenceStore {
      override readSpans(runId: string) {
        return this.tables.spans.filter((row) => `${row.runId}:${row.spanId}`.startsWith(`${runId}:`))
      }
    },
  ),
  brokenStore(
    'trace-merges',
    'saveTrace leaves the spans that were there',
    ['TRC-03'],
    writing((write) => (write.kind === 'delete-spans' ? [] : write)),
  ),
  brokenStore(
    'spans-duplicate',
    'a span that is saved again is there twice',
    ['SPN-03'],
    writing((write, { spans }) => {
      if (write.kind !== 'put-spans') return write
      spans.push(...write.rows)
      return []
    }),
  ),
  brokenStore(
    'spans-first-wins',
    'a span that is saved again stays as it was',
    ['SPN-03', 'SPN-16', 'SPN-20'],
    writing((write, { spans }) => {
      if (write.kind !== 'put-spans') return write
      const known = new Set(spans.filter(({ runId }) => runId === write.runId).map(({ spanId }) => spanId))
      return { ...write, rows: write.rows.filter(({ spanId }) => !known.has(spanId) && known.add(spanId)) }
    }),
  ),
  brokenBackend('empty-spans-make-run', 'saveSpans of nothing starts a run', ['SPN-04', 'PLH-06'], ({ backend }) => ({
    saveSpans: async (runId, spans, options) => {
      await backend.saveSpans(runId, spans, options)
      if (spans.length === 0) await backend.saveRunStart({ runId })
    },
  })),
  showing('children-by-id', 'children come by their ids', ['TRC-04'], (root) =>
    withChildren(root, (children) => [...children].sort((a, b) => (a.spanId < b.spanId ? -1 : 1))),
  ),
  showing('trace-depth-cut', 'trees are cut below level 100', ['TRC-07'], (root) => {
    let level = [root]
    for (let depth = 0; depth < 99; depth++) level = level.flatMap(({ children }) => children)
    for (const node of level) node.children = []
    return root
  }),
  showing('trace-first-root', 'of several roots only the first is shown', ['TRC-16', 'TRC-18', 'TRC-24'], (root) =>
    root.spanId === '' ? (root.children[0] ?? null) : root,
  ),
  showing('synthetic-root-always-ends', 'the synthetic root ends with the last that ended', ['TRC-19'], (root) => {
    if (root.spanId !== '') return root
    return { ...root, endTime: Math.max(...root.children.map(({ endTime }) => endTime ?? 0)) }
  }),
  showing(
    'synthetic-root-starts-at-first',
    'the synthetic root has the times of its last child',
    ['TRC-18'],
    (root) => {
      if (root.spanId !== '') return root
      return { ...root, startTime: root.children.at(-1)?.startTime ?? 0 }
    },
  ),
  brokenBackend('root-is-earliest', 'the earliest span is the root', ['TRC-06', 'TRC-16'], ({ backend }) => ({
    getTrace: async (runId) => {
      const root = await backend.getTrace(runId)
      const earliest = (await backend.getSpans(runId))[0]
      return root && earliest && earliest.spanId !== root.spanId ? { ...root, spanId: earliest.spanId } : root
    },
  })),
  brokenBackend('cycles-lost', 'spans of a cycle are not shown', ['TRC-17', 'TRC-24'], ({ backend }) => ({
    getTrace: async (runId) => {
      const root = await backend.getTrace(runId)
      const known = new Set((await backend.getSpans(runId)).map(({ spanId }) => spanId))
      const isCut = (node: SpanNode) => node.parentSpanId !== null && known.has(node.parentSpanId)
      if (root === null || isCut(root)) return null
      return root.spanId === '' ? { ...root, children: root.children.filter((child) => !isCut(child)) } : root
    },
  })),
  brokenBackend(
    'synthetic-root-stored',
    'the synthetic root of getTrace is stored as a span',
    ['TRC-20', 'TRC-21'],
    ({ backend }) => ({
      saveTrace: (runId, root, options) =>
        backend.saveTrace(runId, root?.spanId === '' ? { ...root, spanId: 'trace' } : root, options),
    }),
  ),
  brokenBackend('parent-as-given', 'parentSpanId decides the place in the tree', ['TRC-13'], ({ backend }) => ({
    saveTrace: async (runId, root, options) => {
      await backend.saveTrace(runId, root, options)
      const { children: _placed, ...span } = root
      if (root.parentSpanId) await backend.saveSpans(runId, [span])
    },
  })),
  brokenBackend('trace-unknown-empty', 'a run without spans has an empty trace', ['TRC-02'], ({ backend }) => ({
    getTrace: async (runId) => (await backend.getTrace(runId)) ?? ({} as SpanNode),
  })),
  brokenBackend('bad-span-skipped', 'invalid spans are passed over', ['SPN-08'], ({ backend }) => ({
    saveSpans: async (runId, spans, options) => {
      for (const span of spans)
        await backend.saveSpans(runId, [span], options).catch((error) => {
          if (!isStateBackendError(error, 'VALIDATION')) throw error
        })
    },
  })),
  brokenBackend(
    'bad-trace-clears',
    'a refused tree removes the old one',
    ['TRC-09', 'TRC-14', 'ERR-02'],
    ({ backend }) => ({
      saveTrace: async (runId, root, options) => {
        try {
          await backend.saveTrace(runId, root, options)
        } catch (error) {
          await backend.saveTrace(runId, { spanId: '', name: 'trace', status: 'synthetic', startTime: 0, children: [] })
          throw error
        }
      },
    }),
  ),
  brokenStore(
    'trace-drops-unknown-runs',
    'spans of a run that nobody started are dropped',
    ['TRC-10', 'PLH-01'],
    class extends ReferenceStore {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        const known = (runId: string | null) => this.tables.runs.some((row) => row.runId === runId)
        return super.commit(
          units.map((unit) => (has(unit, 'save-spans') && !known(unit.runId) ? { ...unit, changes: [] } : unit)),
          decide,
        )
      }
    },
  ),
  brokenBackend(
    'span-filter-prefix',
    'getSpans takes names that begin with the name',
    ['SPN-02', 'SPN-15'],
    ({ backend }) => ({
      getSpans: async (runId, { name = '', ...filter } = {}) =>
        (await backend.getSpans(runId, filter)).filter((span) => span.name.startsWith(name)),
    }),
  ),
  brokenStore(
    'spans-cap-10000',
    'rows past the ten thousandth of a batch are dropped',
    ['TRC-07'],
    doing((unit) => ({
      ...unit,
      changes: unit.changes.map((change) =>
        change.kind === 'save-spans' ? { ...change, rows: change.rows.slice(0, 9_999) } : change,
      ),
    })),
  ),
]

/** Reads with filters; what they should give is worked out from the model's whole dump. Plain reads are compared as dumps. */
import {
  type Evaluation,
  iterate,
  type RunSummary,
  type StateBackend,
  type WorkflowStatus,
  type WorkflowSummary,
} from '@flujo-state/core'
import fc from 'fast-check'
import * as draw from './arbitraries.js'
import { type CommandArbitrary, command } from './commands.js'
import { runOf } from './dump-parts.js'
import { literal } from './literal.js'
import { expectedTrace } from './span-tree.js'
import type { World } from './world.js'

const { all, some } = draw
const HOUR = 3_600_000
const WALKS = ['listRuns', 'listWorkflows'] as const

interface Page {
  readonly limit?: number
  readonly offset?: number
}
const pageOf = <T>(items: readonly T[], { limit = items.length, offset = 0 }: Page): T[] =>
  items.slice(offset, offset + limit)

const has = (statuses: string | readonly string[] | undefined, status: string) =>
  statuses === undefined || (typeof statuses === 'string' ? statuses === status : statuses.includes(status))

const within = (date: Date, { createdAfter, createdBefore }: { createdAfter?: Date; createdBefore?: Date }) =>
  (createdAfter === undefined || date >= createdAfter) && (createdBefore === undefined || date < createdBefore)

interface Wanted {
  readonly status?: WorkflowStatus | WorkflowStatus[]
  readonly pipelineName?: string
  readonly parentRunId?: string
}
const ofRun = (world: World, runId: string) => runOf(world.expected(), runId)
const wanted = (field: keyof Wanted, arbitrary: fc.Arbitrary<unknown>) => some<Wanted>({ [field]: arbitrary })

/** A list by status, name and time. */
function listing(method: 'listWorkflows' | 'listRuns', part: 'workflows' | 'runList'): CommandArbitrary {
  return command(
    all({
      status: wanted('status', draw.statuses),
      name: wanted('pipelineName', draw.pipelineName),
      bounds: draw.bounds,
      page: draw.page,
    }),
    (world, { status, name, bounds, page }) =>
      world.call(method, [{ ...status, ...name, ...bounds, ...page }], () => {
        const matches = (item: WorkflowSummary | RunSummary) =>
          has(status.status, item.status) &&
          within(item.createdAt, bounds) &&
          (name.pipelineName ?? item.pipelineName) === item.pipelineName
        const items: readonly (WorkflowSummary | RunSummary)[] = world.expected()[part]
        return pageOf(items.filter(matches), page)
      }),
  )
}

export const queryCommands: readonly CommandArbitrary[] = [
  listing('listWorkflows', 'workflows'),
  listing('listRuns', 'runList'),
  command(
    all({ metadataFilter: fc.constantFrom({}, { n: 1 }, { n: '1' }, { a: {} }, { a: { b: [1] } }), page: draw.page }),
    (world, { metadataFilter, page }) =>
      world.call('listRuns', [{ metadataFilter, ...page }], () => {
        // The few filters by hand: containment has rules of its own.
        const matches = (metadata: { n?: unknown; a?: unknown }) =>
          'n' in metadataFilter
            ? metadata.n === metadataFilter.n
            : !('a' in metadataFilter) || (metadata.a !== undefined && !('b' in (metadataFilter.a as object)))
        return pageOf(
          world.expected().runList.filter(({ metadata }) => matches(metadata)),
          page,
        )
      }),
  ),
  command(
    all({ parent: wanted('parentRunId', draw.parentRunId), status: wanted('status', draw.statuses), page: draw.page }),
    (world, { parent, status, page }) =>
      world.call('listBackgroundTasks', [{ ...parent, ...status, ...page }], () => {
        const matching = world
          .expected()
          .backgroundTasks.filter(
            (item) => has(status.status, item.status) && (parent.parentRunId ?? item.parentRunId) === item.parentRunId,
          )
        return pageOf(matching, page)
      }),
  ),
  command(all({ hoursBack: draw.hours, page: draw.page }), (world, { hoursBack, page }) =>
    world.call('getFailedWorkflows', [{ hoursBack, ...page }], () => {
      const from = world.now() - hoursBack * HOUR
      return pageOf(
        world.expected().failedWorkflows.filter(({ updatedAt }) => updatedAt.getTime() >= from),
        page,
      )
    }),
  ),
  command(
    all({ hoursBack: draw.hours, parent: wanted('parentRunId', draw.parentRunId) }),
    (world, { hoursBack, parent }) =>
      world.call('getFailedBackgroundTasks', [{ hoursBack, ...parent }], () => {
        const from = world.now() - hoursBack * HOUR
        return world
          .expected()
          .backgroundTasks.filter(
            (item) =>
              item.status === 'failed' &&
              item.updatedAt.getTime() >= from &&
              (parent.parentRunId ?? item.parentRunId) === item.parentRunId,
          )
      }),
  ),
  command(
    all({ runId: draw.runId, status: some<{ status?: string }>({ status: fc.constantFrom('completed', 'running') }) }),
    (world, { runId, status }) =>
      world.call('getSpans', [runId, status], () =>
        ofRun(world, runId).spans.filter((span) => has(status.status, span.status)),
      ),
  ),
  command(draw.runId, (world, runId) => world.call('loadState', [runId], () => ofRun(world, runId).state)),
  command(draw.runId, (world, runId) => world.call('getRunDetails', [runId], () => ofRun(world, runId).run)),
  command(draw.runId, (world, runId) => world.call('listRunSteps', [runId], () => ofRun(world, runId).steps)),
  command(draw.runId, (world, runId) =>
    world.call('getTrace', [runId], () => expectedTrace(ofRun(world, runId).spans)),
  ),
  command(all({ runId: draw.runId, limit: fc.nat({ max: 3 }) }), (world, { runId, limit }) => {
    const expected = world.expected().evaluations.filter((item) => item.runId === runId)
    return world.read(
      `(await backend.listEvaluations(${literal({ runId, limit })})).map(({ evaluationId, ...item }) => item)`,
      async (backend) => (await backend.listEvaluations({ runId, limit })).map(withoutId),
      expected.slice(0, limit).map(withoutId),
    )
  }),
  command(all({ list: fc.constantFrom(...WALKS), limit: fc.constantFrom(1, 2, 3) }), (world, { list, limit }) =>
    world.read(
      `all(iterate((filter) => backend.${list}(filter), { limit: ${limit} }))`,
      (backend) => walked(backend, list, limit),
      list === 'listRuns' ? world.expected().runList : world.expected().workflows,
    ),
  ),
]

const withoutId = ({ evaluationId: _id, ...item }: Evaluation) => item

/** All pages of the list, each from where the one before it ended. */
async function walked(backend: StateBackend, list: (typeof WALKS)[number], limit: number): Promise<unknown[]> {
  const found: unknown[] = []
  const pages: AsyncIterable<RunSummary | WorkflowSummary> =
    list === 'listRuns'
      ? iterate((filter) => backend.listRuns(filter), { limit })
      : iterate((filter) => backend.listWorkflows(filter), { limit })
  for await (const item of pages) {
    found.push(item)
    // A store whose cursors lead nowhere would never end.
    if (found.length > 1_000) break
  }
  return found
}

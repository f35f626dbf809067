/** Reads with filters; what they should give is worked out from the model's whole dump. Plain reads are compared as dumps. */
import type { WorkflowStatus } from '@flujo-state/core'
import fc from 'fast-check'
import * as draw from './arbitraries.js'
import { type CommandArbitrary, command } from './commands.js'

const { all, some } = draw
const HOUR = 3_600_000

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
const wanted = (field: keyof Wanted, arbitrary: fc.Arbitrary<unknown>) => some<Wanted>({ [field]: arbitrary })

export const queryCommands: readonly CommandArbitrary[] = [
  command(
    all({
      status: wanted('status', draw.statuses),
      name: wanted('pipelineName', draw.pipelineName),
      bounds: draw.bounds,
      page: draw.page,
    }),
    (world, { status, name, bounds, page }) =>
      world.call('listWorkflows', [{ ...status, ...name, ...bounds, ...page }], () => {
        const matching = world
          .expected()
          .workflows.filter(
            (item) =>
              has(status.status, item.status) &&
              within(item.createdAt, bounds) &&
              (name.pipelineName ?? item.pipelineName) === item.pipelineName,
          )
        return pageOf(matching, page)
      }),
  ),
  command(
    all({
      status: wanted('status', draw.statuses),
      name: wanted('pipelineName', draw.pipelineName),
      bounds: draw.bounds,
      page: draw.page,
    }),
    (world, { status, name, bounds, page }) =>
      world.call('listRuns', [{ ...status, ...name, ...bounds, ...page }], () => {
        const matching = world
          .expected()
          .runList.filter(
            (item) =>
              has(status.status, item.status) &&
              within(item.createdAt, bounds) &&
              (name.pipelineName ?? item.pipelineName) === item.pipelineName,
          )
        return pageOf(matching, page)
      }),
  ),
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
        (world.expected().runs[runId]?.spans ?? []).filter((span) => has(status.status, span.status)),
      ),
  ),
]

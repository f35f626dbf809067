import fc from 'fast-check'
import * as draw from './arbitraries.js'
import type { World } from './world.js'

/** One step of a sequence. What it has been is in the world's program. */
export type Command = (world: World) => Promise<void>
export type CommandArbitrary = fc.Arbitrary<Command>

/** A command from what it draws. */
export function command<D>(drawn: fc.Arbitrary<D>, act: (world: World, drawn: D) => Promise<void>): CommandArbitrary {
  return drawn.map((data) => (world: World) => act(world, data))
}

/** Now and then what the latest call was given, or what it gave, is changed: nobody may have kept it. */
export function mutating(commands: CommandArbitrary): CommandArbitrary {
  return fc.tuple(commands, fc.constantFrom(null, null, 'input', 'output')).map(([command, what]) => async (world) => {
    await command(world)
    if (what !== null) await world.mutateLast(what)
  })
}

const { all, runId, lease, version } = draw

const snapshots: CommandArbitrary[] = [
  command(all({ runId, state: draw.state, lease, version }), (world, { runId, state, lease, version }) => {
    const options = { ...world.leaseFor(runId, lease), ...world.versionFor(runId, version) }
    return world.call('saveState', [runId, state, options], (model) => model.saveState(runId, state, options))
  }),
  command(all({ runId, patch: draw.patch, lease, version }), (world, { runId, patch, lease, version }) => {
    const options = { ...world.leaseFor(runId, lease), ...world.versionFor(runId, version) }
    return world.call('updateState', [runId, patch, options], (model) => model.updateState(runId, patch, options))
  }),
  command(all({ runId, lease }), (world, { runId, lease }) => {
    const options = world.leaseFor(runId, lease)
    return world.call('deleteState', [runId, options], (model) => model.deleteState(runId, options))
  }),
]

const runs: CommandArbitrary[] = [
  command(all({ runId, run: draw.runStart, lease }), (world, { runId, run, lease }) => {
    const options = world.leaseFor(runId, lease)
    const start = { runId, ...run }
    return world.call('saveRunStart', [start, options], (model) => model.saveRunStart(start, options))
  }),
  command(all({ runId, end: draw.runEnd, state: draw.statePatch, lease }), (world, { runId, end, state, lease }) => {
    const options = { ...world.leaseFor(runId, lease), ...state }
    return world.call('saveRunEnd', [runId, end, options], (model) => model.saveRunEnd(runId, end, options))
  }),
  command(all({ runId, force: fc.boolean(), lease }), (world, { runId, force, lease }) => {
    const options = { force, ...world.leaseFor(runId, lease) }
    return world.call('deleteRun', [runId, options], (model) => model.deleteRun(runId, options))
  }),
]

const history: CommandArbitrary[] = [
  command(
    all({ runId, step: draw.step, state: draw.statePatch, lease, version }),
    (world, { runId, lease, version, ...drawn }) => {
      const options = { ...world.leaseFor(runId, lease), ...world.versionFor(runId, version), ...drawn.state }
      const step = { runId, ...drawn.step }
      return world.call('saveStepResult', [step, options], (model) => model.saveStepResult(step, options))
    },
  ),
  command(all({ runId, spans: draw.spans, lease }), (world, { runId, spans, lease }) => {
    const options = world.leaseFor(runId, lease)
    return world.call('saveSpans', [runId, spans, options], (model) => model.saveSpans(runId, spans, options))
  }),
  command(all({ runId, trace: draw.trace, lease }), (world, { runId, trace, lease }) => {
    const options = world.leaseFor(runId, lease)
    const { children, ...root } = trace
    const spans = [root, ...children.map((child) => ({ ...child, parentSpanId: root.spanId }))]
    return world.call('saveTrace', [runId, trace, options], (model) => model.saveSpans(runId, spans, options, true))
  }),
  command(all({ runId, evaluation: draw.evaluation, lease }), (world, { runId, evaluation, lease }) => {
    const options = world.leaseFor(runId, lease)
    return world.call('persistEvaluation', [runId, evaluation, options], (model) =>
      model.persistEvaluation(runId, evaluation, options),
    )
  }),
  command(all({ key: draw.key, value: draw.payload }), (world, { key, value }) =>
    world.call('setSystemState', [key, value], (model) => model.setSystemState(key, value)),
  ),
]

const claims: CommandArbitrary[] = [
  command(all({ runId, owner: draw.owner, leaseMs: draw.leaseMs }), (world, { runId, ...options }) =>
    world.call('claimRun', [runId, options], (model) => model.claimRun(runId, options)),
  ),
  command(all({ runId, lease, leaseMs: draw.leaseMs }), (world, { runId, lease: choice, leaseMs }) => {
    const { lease } = world.leaseFor(runId, choice)
    if (lease === undefined) return world.nothing()
    return world.call('renewLease', [lease, { leaseMs }], (model) => model.renewLease(lease, { leaseMs }))
  }),
  command(all({ runId, lease }), (world, { runId, lease: choice }) => {
    const { lease } = world.leaseFor(runId, choice)
    return lease === undefined
      ? world.nothing()
      : world.call('releaseLease', [lease], (model) => model.releaseLease(lease))
  }),
]

const time: CommandArbitrary[] = [
  command(draw.clockStep, (world, step) => world.advance(step)),
  command(draw.clockStep, (world, step) => world.advance(step)),
  command(draw.cleanup, (world, options) =>
    world.call('cleanupOldWorkflows', [options], (model) => model.cleanupOldWorkflows(options)),
  ),
  // Others may have the store open.
  command(fc.constant(null), (world) => (world.isAlone ? world.call('compact', [], () => undefined) : world.nothing())),
  command(draw.hours, (world, staleHours) =>
    world.call('cleanupStaleBackgroundTasks', [{ staleHours }], (model) =>
      model.cleanupStaleBackgroundTasks({ staleHours }),
    ),
  ),
]

/** What moves most comes most often. */
export const writeCommands: readonly CommandArbitrary[] = [
  ...snapshots,
  ...snapshots,
  ...snapshots,
  ...runs,
  ...runs,
  ...history,
  ...claims,
  ...time,
]
export const reopenCommand = command(fc.constant(null), (world) => world.reopen())
export const switchCommand = command(fc.constant(null), (world) => world.switchInstance())

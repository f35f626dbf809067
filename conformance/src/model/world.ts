import { isStateBackendError, type Lease, type StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import type { Dump } from '../dump.js'
import { scramble } from '../fixtures/scramble.js'
import type { LeaseChoice, VersionChoice } from './arbitraries.js'
import { expectedDump } from './expected-dump.js'
import { literal } from './literal.js'
import { Model } from './model.js'
import { Refusal } from './snapshot-model.js'

type Method = Exclude<keyof StateBackend, symbol | 'capabilities' | 'contractVersion'>

/** The whole of a dump is compared after so many calls, and at the end. */
const DUMP_EVERY = 5

/** A store and the model of it, side by side, in one sequence of commands. */
export class World {
  readonly #t: RuleContext
  readonly #model: Model
  /** Every lease that was given out, oldest first. */
  readonly #leases: Lease[] = []
  #backends: StateBackend[]
  #current = 0
  #calls = 0
  /** The command under way, as a line of a program. */
  line = ''

  constructor(t: RuleContext, backend: StateBackend) {
    this.#t = t
    this.#backends = [backend]
    this.#model = new Model(() => t.clock.now())
  }

  get #backend(): StateBackend {
    return this.#backends[this.#current] as StateBackend
  }
  now(): number {
    return this.#t.clock.now().getTime()
  }

  leaseFor(runId: string, choice: LeaseChoice): { lease?: Lease } {
    const given = this.#leases.filter((lease) => lease.runId === runId)
    const lease = choice === 'none' ? undefined : given.at(choice === 'latest' ? -1 : 0)
    return lease ? { lease } : {}
  }

  versionFor(runId: string, choice: VersionChoice): { ifVersion?: number } {
    const last = this.#model.versions.get(runId) ?? 0
    if (choice === 'none') return {}
    if (choice === 'zero') return { ifVersion: 0 }
    return { ifVersion: choice === 'current' ? last : last + 1 }
  }

  async nothing(): Promise<void> {
    this.line = '// nothing to do'
  }

  async advance(milliseconds: number): Promise<void> {
    this.line = `clock.advance(${milliseconds})`
    this.#t.clock.advance(milliseconds)
  }

  /** From now on another instance over the same storage is used; a second one is made when there is none yet. */
  async switchInstance(): Promise<void> {
    this.line = '// another instance over the same storage goes on'
    if (this.#backends.length === 1) this.#backends.push(await this.#t.second(this.#backend))
    this.#current = 1 - this.#current
  }

  async reopen(): Promise<void> {
    this.line = '// the backend is shut down and opened again'
    this.#backends = [await this.#t.reopen(this.#backend)]
    this.#current = 0
  }

  async end(): Promise<void> {
    await this.compareDumps('at the end')
    for (const backend of this.#backends) await backend.shutdown()
  }

  /** Makes the call, with arguments of its own that are changed right after it, and compares what it gives with the model. */
  async call(method: Method, args: readonly unknown[], expect: (model: Model) => unknown): Promise<void> {
    this.line = `await backend.${method}(${args.map(literal).join(', ')})`
    const own = structuredClone(args)
    const pending = (this.#backend[method] as (...args: readonly unknown[]) => Promise<unknown>)(...own)
    scramble(own)
    const outcome = await outcomeOf(pending)
    await this.#compare(method, outcome, expect(this.#model))
    scramble(outcome)
    for (const runId of this.#model.moved) this.#grows(runId, (await this.#backend.loadState(runId))?.version)
    this.#model.moved.clear()
    if (++this.#calls % DUMP_EVERY === 0) await this.compareDumps(`the store after ${this.line}`)
  }

  async #compare(method: Method, outcome: Outcome, expected: unknown): Promise<void> {
    const { assert } = this.#t
    if (expected instanceof Refusal) return assert.equal(outcome, { refused: expected.code }, this.line)
    if (expected === 'version') return this.#compareVersion(outcome)
    if (method === 'claimRun') return this.#compareClaim(outcome, expected as Omit<Lease, 'fence'>)
    if (method === 'cleanupStaleBackgroundTasks') return this.#compareStale(outcome, expected as readonly string[])
    if (method === 'renewLease') this.#leases.push(expected as Lease)
    assert.equal(outcome, { gave: expected }, this.line)
  }

  #compareVersion(outcome: Outcome): void {
    const version = (outcome.gave as { version?: unknown } | undefined)?.version
    this.#t.assert.equal(outcome, { gave: { version } }, this.line)
    for (const runId of this.#model.moved) this.#grows(runId, version)
    this.#model.moved.clear()
  }

  #grows(runId: string, version: unknown): void {
    const last = this.#model.versions.get(runId) ?? 0
    const grows = typeof version === 'number' && Number.isSafeInteger(version) && version > last
    this.#t.assert.ok(grows, `${this.line}: the version of ${runId} must grow from ${last}, is ${version}`)
    this.#model.versions.set(runId, version as number)
  }

  /** Which fence is given is the store's business, as long as it is a new one. */
  #compareClaim(outcome: Outcome, expected: Omit<Lease, 'fence'>): void {
    const fence = (outcome.gave as Lease | undefined)?.fence
    this.#t.assert.equal(outcome, { gave: { ...expected, fence } }, this.line)
    this.#t.assert.ok(
      Number(fence) > this.#model.fence,
      `${this.line}: a fence above ${this.#model.fence}, got ${fence}`,
    )
    this.#model.fence = Number(fence)
    const lease = { ...expected, fence: Number(fence) }
    this.#model.of(expected.runId).lease = lease
    this.#leases.push(lease)
  }

  /** The words of the error are the store's business, as long as there are some. */
  async #compareStale(outcome: Outcome, runIds: readonly string[]): Promise<void> {
    this.#t.assert.equal(outcome, { gave: runIds.length }, this.line)
    for (const runId of runIds) {
      const { state } = this.#model.of(runId)
      const found = (await this.#backend.loadState(runId))?.backgroundError
      this.#t.assert.ok(typeof found === 'string' && found.length > 0, `the backgroundError of ${runId} says why`)
      if (state) state.backgroundError = found as string
    }
  }

  expected(): Dump {
    return expectedDump(this.#model, this.#t.clock.now())
  }

  async compareDumps(what: string): Promise<void> {
    const actual = await this.#t.dump(this.#backend, [...this.#model.records.keys()])
    const ids = actual.evaluations.map(({ evaluationId }) => evaluationId)
    this.#t.assert.equal(new Set(ids).size, ids.length, 'different ids of evaluations')
    this.#t.assert.equal(withoutIds(actual), withoutIds(this.expected()), what)
  }
}

/** Which ids evaluations have is the store's business. */
function withoutIds(dump: Dump): Dump {
  return { ...dump, evaluations: dump.evaluations.map((item) => ({ ...item, evaluationId: '' })) }
}

interface Outcome {
  readonly gave?: unknown
  readonly refused?: unknown
  readonly threw?: unknown
}

async function outcomeOf(pending: Promise<unknown>): Promise<Outcome> {
  try {
    return { gave: await pending }
  } catch (error) {
    return isStateBackendError(error) ? { refused: error.code } : { threw: error }
  }
}

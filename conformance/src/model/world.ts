import { isStateBackendError, type Lease, type StateBackend } from '@flujo-state/core'
import { clone } from '../clone.js'
import type { RuleContext } from '../context.js'
import type { Dump } from '../dump.js'
import { scramble } from '../fixtures/scramble.js'
import { KEYS, type LeaseChoice, type VersionChoice } from './arbitraries.js'
import { partsOf } from './dump-parts.js'
import { expectedDump } from './expected-dump.js'
import { literal } from './literal.js'
import { Model } from './model.js'
import { Program } from './program.js'
import { Refusal } from './snapshot-model.js'

export type Method = Exclude<keyof StateBackend, symbol | 'capabilities' | 'contractVersion'>

/** The whole of a dump is compared after so many calls, and at the end. */
const DUMP_EVERY = 8
const PROTOTYPES = [Object.prototype, Array.prototype, Map.prototype, Date.prototype]
const keysOfPrototypes = () => PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype))

/** A store and the model of it, side by side, in one sequence of commands. */
export class World {
  readonly program: Program
  readonly #t: RuleContext
  readonly #model: Model
  readonly #prototypes = keysOfPrototypes()
  /** Every lease that was given out, oldest first. */
  readonly #leases: Lease[] = []
  readonly #backends: StateBackend[]
  #current = 0
  #calls = 0
  #lastInput: unknown
  #lastOutput: unknown

  constructor(t: RuleContext, backend: StateBackend) {
    this.#t = t
    this.#backends = [backend]
    this.#model = new Model(() => t.clock.now())
    this.program = new Program(t.clock.now())
  }

  get backend(): StateBackend {
    return this.#backends[this.#current] as StateBackend
  }
  get isAlone(): boolean {
    return this.#backends.length === 1
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

  async nothing(): Promise<void> {}

  async advance(milliseconds: number): Promise<void> {
    this.program.add(`clock.advance(${milliseconds})`)
    this.#t.clock.advance(milliseconds)
  }

  /** From now on another instance over the same storage is used; a second one is made when there is none yet. */
  async switchInstance(): Promise<void> {
    if (this.isAlone) {
      this.program.add('let other = await second()')
      this.#backends.push(await this.#t.second(this.backend))
    }
    this.program.add(';[backend, other] = [other, backend]')
    this.#current = 1 - this.#current
  }

  /** The instance in use is shut down and opened again; if there is another one, that lives on. */
  async reopen(): Promise<void> {
    this.program.add('backend = await reopen(backend)')
    this.#backends[this.#current] = await this.#t.reopen(this.backend)
  }

  async mutateLast(what: 'input' | 'output'): Promise<void> {
    if (this.program.mutateLast(what)) scramble(what === 'input' ? this.#lastInput : this.#lastOutput)
  }

  async close(): Promise<void> {
    for (const backend of this.#backends) await backend.shutdown()
  }

  /** Makes the call, with arguments of its own, and compares what it gives with the model. */
  async call(method: Method, args: readonly unknown[], expect: (model: Model) => unknown): Promise<void> {
    const outcome = await this.#make(method, clone(args), args)
    await this.#compare(method, outcome, expect(this.#model))
    for (const runId of this.#model.moved) {
      const version = (await this.backend.loadState(runId))?.version
      this.#grows(runId, version, `(await backend.loadState(${literal(runId)})).version`)
    }
    this.#model.moved.clear()
    if (++this.#calls % DUMP_EVERY === 0) await this.compareDumps()
  }

  /** A call that must be refused, whatever is stored. */
  async refuse(method: Method, args: readonly unknown[], code: string): Promise<void> {
    const outcome = await this.#make(method, args, args)
    this.program.refused(code)
    this.#t.assert.equal(outcome, { refused: code }, this.program.lastLine)
  }

  /** A read that is more than one call. */
  async read(text: string, run: (backend: StateBackend) => Promise<unknown>, expected: unknown): Promise<void> {
    this.program.claim(() => `assert.deepEqual(await ${text}, ${literal(expected)})`)
    this.#t.assert.equal(await outcomeOf(run(this.backend)), { gave: expected }, text)
  }

  async #make(method: Method, own: readonly unknown[], shown: readonly unknown[]): Promise<Outcome> {
    this.program.call(method, shown)
    const call = this.backend[method] as (...args: readonly unknown[]) => Promise<unknown>
    const outcome = await outcomeOf(call.apply(this.backend, [...own]))
    this.#lastInput = own
    this.#lastOutput = outcome.gave
    return outcome
  }

  async #compare(method: Method, outcome: Outcome, expected: unknown): Promise<void> {
    const { assert } = this.#t
    if (expected instanceof Refusal) {
      this.program.refused(expected.code)
      return assert.equal(outcome, { refused: expected.code }, this.program.lastLine)
    }
    if (expected === 'version') return this.#compareVersion(outcome)
    if (method === 'claimRun') return this.#compareClaim(outcome, expected as Omit<Lease, 'fence'>)
    if (method === 'cleanupStaleBackgroundTasks') return this.#compareStale(outcome, expected as readonly string[])
    if (method === 'renewLease') this.#leases.push(expected as Lease)
    this.#gives(outcome, expected)
  }

  #gives(outcome: Outcome, expected: unknown): void {
    this.program.claim(() => `assert.deepEqual(await CALL, ${literal(expected)})`)
    this.#t.assert.equal(outcome, { gave: expected }, this.program.lastLine)
  }

  #compareVersion(outcome: Outcome): void {
    const version = (outcome.gave as { version?: unknown } | undefined)?.version
    this.#t.assert.equal(outcome, { gave: { version } }, this.program.lastLine)
    for (const runId of this.#model.moved) this.#grows(runId, version, '(await CALL).version')
    this.#model.moved.clear()
  }

  #grows(runId: string, version: unknown, text: string): void {
    const last = this.#model.versions.get(runId) ?? 0
    const grows = typeof version === 'number' && Number.isSafeInteger(version) && version > last
    this.program.claim(() => `assert.ok(${text} > ${last})`)
    this.#t.assert.ok(
      grows,
      `${this.program.lastLine}: the version of ${runId} must grow from ${last}, is ${String(version)}`,
    )
    this.#model.versions.set(runId, version as number)
  }

  /** Which fence is given is the store's business, as long as it is a new one. */
  #compareClaim(outcome: Outcome, expected: Omit<Lease, 'fence'>): void {
    const fence = (outcome.gave as Lease | undefined)?.fence
    this.program.claim(() => `assert.deepEqual({ ...(await CALL), fence: 0 }, ${literal({ ...expected, fence: 0 })})`)
    this.#t.assert.equal(outcome, { gave: { ...expected, fence } }, this.program.lastLine)
    this.program.claim(() => `assert.ok((await CALL).fence > ${this.#model.fence})`)
    this.#t.assert.ok(
      Number(fence) > this.#model.fence,
      `${this.program.lastLine}: a fence above ${this.#model.fence}, got ${fence}`,
    )
    this.#model.fence = Number(fence)
    const lease = { ...expected, fence: Number(fence) }
    this.#model.of(expected.runId).lease = lease
    this.#leases.push(lease)
  }

  /** The words of the error are the store's business, as long as there are some. */
  async #compareStale(outcome: Outcome, runIds: readonly string[]): Promise<void> {
    this.#gives(outcome, runIds.length)
    for (const runId of runIds) {
      const { state } = this.#model.of(runId)
      const found = (await this.backend.loadState(runId))?.backgroundError
      this.program.claim(() => `assert.ok((await backend.loadState(${literal(runId)})).backgroundError)`)
      this.#t.assert.ok(typeof found === 'string' && found.length > 0, `the backgroundError of ${runId} says why`)
      if (state) state.backgroundError = found as string
    }
  }

  expected(): Dump {
    return expectedDump(this.#model, this.#t.clock.now())
  }

  async compareDumps(): Promise<void> {
    const { assert } = this.#t
    const runIds = [...this.#model.records.keys()]
    const dump = await this.#t.dump(this.backend, runIds)
    const after = `after ${this.program.lastLine}`
    const ids = dump.evaluations.map(({ evaluationId }) => evaluationId)
    assert.equal(new Set(ids).size, ids.length, `different ids of evaluations ${after}`)
    const actual = partsOf(dump, runIds, KEYS)
    for (const [read, expected] of partsOf(this.expected(), runIds, KEYS)) {
      this.program.claim(() => `assert.deepEqual(await ${read}, ${literal(expected)})`)
      assert.equal(actual.get(read), expected, `${read} ${after}`)
    }
    assert.equal(keysOfPrototypes(), this.#prototypes, `the prototypes ${after}`)
  }
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

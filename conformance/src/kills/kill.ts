import type { Lease, StateBackend, Written } from '@flujo-state/core'
import { untilGone } from '../child/process.js'
import type { Spawned } from '../child/spawned.js'
import type { RuleContext } from '../context.js'
import { completed } from './completed.js'
import { stepsDone } from './likeness.js'
import { drawScript, type Mixture, type Step, step } from './script.js'

/** When a process is killed: after so many acknowledged calls, and so far into one more. */
export interface Moment {
  readonly after: number
  /** A fraction of the time that a call has taken so far. Null: it has nothing more to do then. */
  readonly inside: number | null
}

/** Fractions below 1 that differ from one number to the next, the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Runs the script in the process and kills it at the moment. How many calls were acknowledged, and what the last ones gave. */
async function runAndKill(
  process: Spawned,
  calls: readonly Step[],
  { after, inside }: Moment,
): Promise<{ acknowledged: number; values: unknown[] }> {
  const values: unknown[] = []
  let reached = () => {}
  const moment = new Promise<void>((resolve) => {
    reached = resolve
  })
  const todo = inside === null ? calls.slice(0, after) : calls
  const running = process.script(
    todo.map(({ call }) => call),
    (_, value) => {
      values.push(value)
      if (values.length === after) reached()
    },
  )
  const ended = untilGone(running)
  const begin = performance.now()
  // It may be refused something before that.
  await Promise.race([moment, ended])
  await pause(((inside ?? 0) * (performance.now() - begin)) / after)
  await process.kill()
  await ended
  return { acknowledged: values.length, values }
}

/** A timer knows whole milliseconds only. */
export async function pause(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve))
}

const SCRIPT_LENGTH = 60
const CLAIMED = ['run', 'run-1']

/** The life of a store whose users are killed again and again. */
export class KilledStore {
  readonly #t: RuleContext
  readonly #mixture: Mixture
  /** An instance that lives on beside them; without one nobody else has the store open. */
  readonly #survivor: StateBackend | null
  /** What has been done since the store was empty. */
  #done: Step[] = []
  readonly #versions = new Map<string, number>()
  #leases: Lease[] = []
  #rounds = 0

  constructor(t: RuleContext, mixture: Mixture, survivor: StateBackend | null = null) {
    this.#t = t
    this.#mixture = mixture
    this.#survivor = survivor
  }

  /** One process at work until it is killed; then all that it acknowledged is there, and the store works on without a repair. */
  async round(moment: Moment): Promise<void> {
    const process = await this.#t.spawn()
    if (this.#rounds === 0) await this.#begin(process.backend)
    const script = this.#script()
    const begun = this.#done.length
    const { acknowledged, values } = await runAndKill(process, script, moment)
    this.#done.push(...script)
    this.#noteVersions(script, values)
    const backend = this.#survivor ?? (await this.#t.reopen())
    const sure = begun + acknowledged
    // The call under way is there as a whole or not at all.
    const mayBe = moment.inside === null || acknowledged === script.length ? [sure] : [sure, sure + 1]
    const what = `killed after ${acknowledged} acknowledged calls (seed ${this.#t.seed}, round ${this.#rounds})`
    this.#done.length = await stepsDone(this.#t, backend, this.#done, mayBe, what)
    await this.#worksOn(backend)
    if (this.#survivor === null) await backend.shutdown()
    this.#rounds += 1
  }

  /** A new instance finds what the last one has left. */
  async end(): Promise<void> {
    const backend = await this.#t.reopen()
    await stepsDone(this.#t, backend, this.#done, [this.#done.length], 'the store in the end, opened once more')
  }

  #script(): Step[] {
    const { seed, clock } = this.#t
    return drawScript({
      mixture: this.#mixture,
      seed: seed + this.#rounds,
      length: SCRIPT_LENGTH,
      now: () => clock.now(),
      done: this.#done,
      leases: this.#leases,
    })
  }

  /** Runs for the script to write to, and leases to write under. */
  async #begin(backend: StateBackend): Promise<void> {
    for (const runId of CLAIMED) {
      const state = this.#t.gen.state()
      await backend.saveState(runId, state)
      this.#done.push(step('saveState', [runId, state], (model) => model.saveState(runId, state, {})))
      const options = { owner: 'worker', leaseMs: 1_000_000 }
      const lease = await backend.claimRun(runId, options)
      this.#leases = [...this.#leases, lease]
      this.#done.push(step('claimRun', [runId, options], (model) => Object.assign(model.of(runId), { lease })))
    }
  }

  #noteVersions(script: readonly Step[], values: readonly unknown[]): void {
    for (const [index, value] of values.entries()) {
      const [first] = script[index]?.call.args ?? []
      const runId = typeof first === 'string' ? first : (first as { runId?: string }).runId
      const version = (value as Partial<Written> | undefined)?.version
      if (runId !== undefined && version !== undefined) this.#versions.set(runId, version)
    }
  }

  /** The store takes writes again, and gives no version twice. */
  async #worksOn(backend: StateBackend): Promise<void> {
    const { assert } = this.#t
    const state = this.#t.gen.state({ currentStepIndex: this.#rounds })
    for (const runId of CLAIMED) {
      const { version } = await completed(this.#t, backend.saveState(runId, state), 'a write after the kill')
      const before = this.#versions.get(runId) ?? 0
      assert.ok(version > before, `${runId}: version ${version} came after ${before}`)
      this.#versions.set(runId, version)
      this.#done.push(step('saveState', [runId, state], (model) => model.saveState(runId, state, {})))
    }
  }
}

import type { CapabilityGroup } from '../capabilities.js'
import { errorOfMethod, isStateBackendError, StateBackendError } from '../errors.js'
import { type Codec, type CodecContext, createCodec, isDefaultCodec } from '../serialization/index.js'
import type { Decide, MaybePromise, StateStore } from '../state-store.js'
import { decide } from '../store/decide.js'
import { adopt, all, whenDone } from '../store/maybe-promise.js'
import type { Change, CommitUnit, Condition } from '../store/unit.js'
import { Call } from './call.js'
import { HistoryTexts } from './history-texts.js'
import { type ObserverEvent, tell } from './observer.js'
import type { BackendOptions } from './options.js'
import { CommitQueue, type Committed } from './queue.js'
import { utf8Length } from './utf8-length.js'

/** What all methods of a backend share: its life, the codec, the clock, the way to the store, the observer. */
export class Kernel {
  readonly store: StateStore
  readonly options: BackendOptions
  readonly #codec: Codec
  readonly #queue: CommitQueue
  #open = false
  #opening: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #active = 0
  /** Told when no call is under way any more. */
  #whenIdle: (() => void) | null = null
  /** Whether payloads are texts of the codec that is used when no other is given. */
  readonly hasDefaultCodec: boolean
  /** Null: the same payload may be another text each time. */
  readonly histories: HistoryTexts | null
  /** The codec's `{}`, where it is the same for every run. */
  readonly #emptyObject: string | null

  constructor(store: StateStore, options: BackendOptions) {
    checkOptions(options)
    this.store = store
    this.options = options
    this.#codec = options.codec ?? createCodec()
    this.hasDefaultCodec = isDefaultCodec(this.#codec)
    this.histories = this.hasDefaultCodec ? new HistoryTexts() : null
    this.#emptyObject = options.codec ? null : '{}'
    const { clock } = options
    const decideNow: Decide = clock ? (unit, head) => decide(unit, head, readClock(clock)) : decide
    this.#queue = new CommitQueue(store, decideNow, () => this.ready())
  }

  /**
   * One call of a contract method: refused after shutdown or without the capability, observed, its errors named. The body runs
   * synchronously up to its first wait, so inputs are copied before the caller goes on.
   */
  run<T>(
    name: ObserverEvent['name'],
    group: CapabilityGroup | null,
    runId: unknown,
    body: (call: Call) => MaybePromise<T>,
  ): Promise<T> {
    const id = typeof runId === 'string' ? runId : null
    const call = new Call(name, id, this.options.observer !== undefined, this.store.waits ?? 0)
    try {
      this.#admit(group)
      const result = body(call)
      if (result instanceof Promise) return this.#finish(call, result)
      this.#ended(call, null)
      return Promise.resolve(result)
    } catch (error) {
      return Promise.reject(this.#failed(call, error))
    }
  }

  #admit(group: CapabilityGroup | null): void {
    if (this.#closing !== null)
      throw new StateBackendError('CLOSED', 'the backend was shut down; make a new one to go on')
    if (group !== null && !this.store.capabilities[group])
      throw new StateBackendError('NOT_SUPPORTED', `this backend declares capabilities.${group} as false`)
  }

  async #finish<T>(call: Call, result: Promise<T>): Promise<T> {
    this.#active += 1
    try {
      const value = await result
      this.#ended(call, null)
      return value
    } catch (error) {
      throw this.#failed(call, error)
    } finally {
      this.#active -= 1
      if (this.#active === 0) this.#whenIdle?.()
    }
  }

  #failed(call: Call, error: unknown): StateBackendError {
    const named = errorOfMethod(error, call.name, call.runId)
    this.#ended(call, named.code)
    return named
  }

  #ended({ name, runId, begin, rows, bytes, waitsBefore }: Call, code: ObserverEvent['code']): void {
    if (this.options.observer === undefined) return
    const waits = (this.store.waits ?? 0) - waitsBefore
    this.tell({ name, runId, durationMs: performance.now() - begin, rows, bytes, waits, code })
  }

  tell(event: ObserverEvent): void {
    if (this.options.observer) tell(this.options.observer, event)
  }

  /** Says that everything (or the snapshot) of a run was deleted. */
  tellDeleted(name: 'run.deleted' | 'state.deleted', runId: string): void {
    if (this.options.observer) this.tell({ name, runId, durationMs: 0, rows: 1, bytes: 0, waits: 0, code: null })
  }

  /** Opens the store, once however many calls race; a failed opening is tried again by the next call. */
  ready(): MaybePromise<void> {
    if (this.#open) return
    this.#opening ??= this.#doOpen().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async #doOpen(): Promise<void> {
    await this.store.open()
    this.#open = true
  }

  /** Finishes what was accepted and closes the store, once. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#active > 0)
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    if (!this.#open) return
    this.#open = false
    try {
      await this.store.close()
    } catch (error) {
      throw errorOfMethod(error, 'shutdown', null)
    }
  }

  /** Milliseconds: the injected clock's, else the store's own time. */
  now(): MaybePromise<number> {
    const { clock } = this.options
    if (clock) return readClock(clock)
    return this.store.now ? this.store.now() : Date.now()
  }

  /** A read of the store, which is opened first. */
  read<T>(query: (store: StateStore) => MaybePromise<T>): MaybePromise<T> {
    return this.#open ? adopt(query(this.store)) : whenDone(this.ready(), () => query(this.store))
  }

  /** Hands a unit to the store; the draft is encoded by now or will be. What refuses it is a rejection, never thrown. */
  commit(
    runId: string | null,
    conditions: readonly Condition[],
    changes: MaybePromise<readonly Change[]>,
  ): MaybePromise<Committed> {
    const emptyObject = this.#emptyObject ?? adopt(this.#codec.encode({}, { runId, field: 'metadata' }))
    const unit = whenDone(changes, (changes) =>
      whenDone(emptyObject, (emptyObject): CommitUnit => ({ runId, conditions, changes, emptyObject })),
    )
    return this.#queue.submit(unit)
  }

  /**
   * A payload as text. `at` gives the path of the value in the caller's input where that is not `$.<field>`.
   * @throws `SERIALIZATION`, `PAYLOAD_TOO_LARGE` with the path
   */
  encode(call: Call, value: unknown, context: CodecContext, at?: () => string): MaybePromise<string> {
    const moved = (error: unknown) => (at ? moveError(error, pathOf(context), at()) : error)
    try {
      const text = this.#codec.encode(value, context)
      if (typeof text === 'string') return this.measured(call, text, context)
      return Promise.resolve(text)
        .then((text) => this.measured(call, text, context))
        .catch((error) => Promise.reject(moved(error)))
    } catch (error) {
      throw moved(error)
    }
  }

  /**
   * The text of a payload, counted.
   * @throws `PAYLOAD_TOO_LARGE` with the path
   */
  measured(call: Call, text: string, context: CodecContext): string {
    const { maxPayloadBytes } = this.options
    if (!call.countBytes && (maxPayloadBytes === undefined || text.length * 3 <= maxPayloadBytes)) return text
    const bytes = utf8Length(text)
    call.bytes += bytes
    if (maxPayloadBytes === undefined || bytes <= maxPayloadBytes) return text
    const path = pathOf(context)
    const message = `the value at ${path} takes ${bytes} bytes, more than maxPayloadBytes (${maxPayloadBytes})`
    throw new StateBackendError('PAYLOAD_TOO_LARGE', message, { path })
  }

  /** @throws `DESERIALIZATION` with the run id */
  decode(call: Call, text: string, context: CodecContext): MaybePromise<unknown> {
    if (call.countBytes) call.bytes += utf8Length(text)
    try {
      const value = this.#codec.decode(text, context)
      // Our own codec gives data, whatever it looks like.
      return this.#emptyObject === null ? adopt(value) : value
    } catch (error) {
      throw isStateBackendError(error) && error.runId === undefined && context.runId !== null
        ? new StateBackendError(error.code, error.message, { runId: context.runId, path: error.path, cause: error })
        : error
    }
  }

  /** Decoded rows of a list, counted. */
  list<R, T>(call: Call, rows: readonly R[], decode: (row: R) => MaybePromise<T>): MaybePromise<T[]> {
    call.rows += rows.length
    return all(rows.map(decode))
  }
}

function pathOf({ field, index }: CodecContext): string {
  return index === undefined ? `$.${field}` : `$.${field}[${index}]`
}

/** The error with its path put where the value stands in the caller's input. */
function moveError(error: unknown, from: string, to: string): unknown {
  if (!isStateBackendError(error) || !error.path?.startsWith(from)) return error
  const path = to + error.path.slice(from.length)
  return new StateBackendError(error.code, error.message.replaceAll(error.path, path), { path, cause: error })
}

function readClock(clock: () => Date): number {
  const time = clock()?.getTime?.()
  if (typeof time === 'number' && Number.isFinite(time)) return time
  throw new StateBackendError('VALIDATION', 'options.clock must give a valid Date', { path: '$.clock' })
}

function checkOptions({ clock, observer, maxPayloadBytes }: BackendOptions): void {
  const wrong = (path: string, what: string) =>
    new StateBackendError('VALIDATION', `${path}: expected ${what}`, { path })
  if (clock !== undefined && typeof clock !== 'function') throw wrong('$.clock', 'a function that gives a Date')
  if (observer !== undefined && typeof observer !== 'function') throw wrong('$.observer', 'a function')
  if (maxPayloadBytes !== undefined && !(Number.isSafeInteger(maxPayloadBytes) && maxPayloadBytes > 0))
    throw wrong('$.maxPayloadBytes', 'a positive integer')
}

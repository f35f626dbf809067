/**
 * The right to write, for one instance among all processes of a host.
 *
 * `lock.1` is a hard link to the holder's own user file, so it appears at once and complete. A lock is broken only if its holder
 * is certainly dead, and so that two breakers never both succeed: who finds `lock.1` to `lock.n` all held by the dead links
 * `lock.n+1`, then looks again: if one of the lower ones is not the dead one's any more, somebody else was faster and it backs
 * off. They are released lowest first, after the work; until then nobody else can link `lock.1`.
 */
import { linkSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { StateBackendError } from '@flujo-state/core'
import { codeOf, isMissing } from './errors.js'
import { type Layout, tokenOfWaiting } from './layout.js'
import { leaveBehind, removeLeftBehind, takeBack } from './left-behind.js'
import { type Identity, livenessOf, parseIdentity } from './process-identity.js'

const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 25
/** After so long an instance looks whether others wait, and lets them in. */
const TURN_MS = 50

type Attempt = { readonly held: number } | { readonly heldBy: Identity | null }

export class Lock {
  readonly #layout: Layout
  readonly #identity: Identity
  readonly #timeoutMs: number
  /** How often it was waited for. */
  waits = 0
  #turnBegan = 0
  #isWorking = false
  /** The highest link of ours that could not be removed. */
  #left = 0

  constructor(layout: Layout, identity: Identity, timeoutMs: number) {
    this.#layout = layout
    this.#identity = identity
    this.#timeoutMs = timeoutMs
  }

  /** Does `work` as the only writer. @throws `BUSY` if another one held the lock for longer than the timeout */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    await this.#letOthersIn()
    const held = await this.#acquire()
    try {
      return await work()
    } finally {
      this.#release(Math.max(held, this.#left))
      this.#isWorking = false
    }
  }

  /** What the disk does not let go of stays ours: the next writer of this instance takes it as it is. The work is done all the same. */
  #release(held: number): void {
    this.#left = 0
    for (let number = 1; number <= held; number++) {
      const path = this.#layout.lock(number)
      if (tryToRemove(path)) continue
      this.#left = number
      leaveBehind(path, this.#identity.token)
    }
  }

  /** One that comes back at once, again and again, would keep out those that look only now and then. */
  async #letOthersIn(): Promise<void> {
    if (performance.now() - this.#turnBegan < TURN_MS) return
    if (readdirSync(this.#layout.locks).some((name) => this.#isWaiting(name))) await wait(2 * LONGEST_PAUSE_MS)
    this.#turnBegan = performance.now()
  }

  /** Whether the file says that somebody waits; the sign of one that died waiting is taken away. */
  #isWaiting(name: string): boolean {
    const token = tokenOfWaiting(name)
    if (token === null) return false
    const user = parseIdentity(read(this.#layout.user(token)) ?? '')
    if (user !== null && livenessOf(user) !== 'dead') return true
    remove(this.#layout.waiting(token))
    return false
  }

  async #acquire(): Promise<number> {
    const first = this.#attempt()
    if ('held' in first) return first.held
    const sign = this.#layout.waiting(this.#identity.token)
    writeFileSync(sign, '', { mode: 0o600 })
    try {
      return await this.#waitForIt()
    } finally {
      // One that stays is swept some time.
      tryToRemove(sign)
    }
  }

  async #waitForIt(): Promise<number> {
    const deadline = performance.now() + this.#timeoutMs
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const attempt = this.#attempt()
      if ('held' in attempt) return attempt.held
      if (performance.now() >= deadline) throw this.#busy(attempt.heldBy)
      this.waits += 1
      // With jitter, so that waiting processes do not come back in step.
      await wait(pause * (0.5 + Math.random()))
    }
  }

  #attempt(): Attempt {
    removeLeftBehind()
    const dead: string[] = []
    for (let number = 1; ; number++) {
      const isNew = this.#link(number)
      const content = isNew ? null : read(this.#layout.lock(number))
      const holder = content === null ? null : parseIdentity(content)
      const isOurs = isNew || (holder?.token === this.#identity.token && !this.#isWorking)
      if (isOurs) return this.#look(dead) ? this.#begin(number) : this.#backOff(number)
      if (content === null || holder === null || livenessOf(holder) !== 'dead') return { heldBy: holder }
      dead.push(content)
    }
  }

  /** Whether the lower locks are still those of the dead. */
  #look(dead: readonly string[]): boolean {
    return dead.every((content, index) => read(this.#layout.lock(index + 1)) === content)
  }

  #begin(number: number): Attempt {
    this.#isWorking = true
    takeBack(this.#layout.lock(number))
    return { held: number }
  }

  #backOff(number: number): Attempt {
    remove(this.#layout.lock(number))
    return { heldBy: null }
  }

  #link(number: number): boolean {
    try {
      linkSync(this.#layout.user(this.#identity.token), this.#layout.lock(number))
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    }
  }

  #busy(holder: Identity | null): StateBackendError {
    const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another writer'
    const advice =
      holder && livenessOf(holder) === 'unknown'
        ? `if that host no longer uses this folder, remove ${this.#layout.locks} by hand`
        : 'try again, or raise busyTimeoutMs'
    return new StateBackendError('BUSY', `${who} held the write lock for more than ${this.#timeoutMs} ms; ${advice}`)
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function tryToRemove(path: string): boolean {
  try {
    remove(path)
    return true
  } catch {
    return false
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

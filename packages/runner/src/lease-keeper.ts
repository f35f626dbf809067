import { isStateBackendError, type Lease, type StateBackend } from '@flujo-state/core'
import type { RunnerClock } from './clock.js'

/** After these nothing that this worker writes to the run is accepted any more. */
const LOST = ['STALE_LEASE', 'CLOSED'] as const

/** Holds the lease of a run while it is worked on: renews it three times a term, and knows when it is lost. */
export class LeaseKeeper {
  readonly #backend: StateBackend
  readonly #leaseMs: number
  readonly #clock: RunnerClock
  readonly #onLost: (error: Error) => void
  readonly #stopTimer: () => void
  #lease: Lease
  #renewedAt: number
  #renewing: Promise<void> | null = null
  #lost: Error | null = null

  private constructor(claimed: Claimed, how: KeepOptions) {
    this.#backend = how.backend
    this.#leaseMs = how.leaseMs
    this.#clock = how.clock
    this.#onLost = how.onLost
    this.#lease = claimed.lease
    this.#renewedAt = claimed.at
    // A renewal that fails for other reasons is tried again by the next; `ensure` insists on one.
    this.#stopTimer = how.clock.every(how.leaseMs / 3, () => void this.#renew().catch(() => {}))
  }

  /** @throws `RUN_CLAIMED` */
  static async claim(runId: string, how: KeepOptions): Promise<LeaseKeeper> {
    const at = how.clock.now()
    const lease = await how.backend.claimRun(runId, { owner: how.owner, leaseMs: how.leaseMs })
    return new LeaseKeeper({ lease, at }, how)
  }

  /** For the writes of this work: the store refuses them once the lease is superseded. */
  get lease(): Lease {
    return this.#lease
  }

  /** What the store said when it refused this worker, or null. */
  get lost(): Error | null {
    return this.#lost
  }

  /**
   * To be called before every side effect: the lease is ours and young. A process that was stopped past its term, and whose
   * timers have not fired yet, renews here first.
   * @throws `STALE_LEASE`
   */
  async ensure(): Promise<void> {
    if (this.#lost === null && this.#clock.now() - this.#renewedAt >= this.#leaseMs / 2) await this.#renew()
    if (this.#lost !== null) throw this.#lost
  }

  /** An error of a write of this work: if it says that the lease is lost, nothing must follow. */
  notice(error: unknown): void {
    if (this.#lost !== null || !isStateBackendError(error, ...LOST)) return
    this.#lost = error
    this.#stopTimer()
    this.#onLost(error)
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#doRenew().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  async #doRenew(): Promise<void> {
    const at = this.#clock.now()
    try {
      this.#lease = await this.#backend.renewLease(this.#lease, { leaseMs: this.#leaseMs })
      this.#renewedAt = at
    } catch (error) {
      this.notice(error)
      throw error
    }
  }

  /** Gives the run back. If that fails the lease runs out by itself, so the error matters to nobody. */
  async release(): Promise<void> {
    this.#stopTimer()
    await this.#renewing?.catch(() => {})
    if (this.#lost === null) await this.#backend.releaseLease(this.#lease).catch(() => {})
  }
}

interface Claimed {
  readonly lease: Lease
  readonly at: number
}

export interface KeepOptions {
  readonly backend: StateBackend
  readonly owner: string
  /** Milliseconds. */
  readonly leaseMs: number
  readonly clock: RunnerClock
  /** Called once. */
  readonly onLost: (error: Error) => void
}

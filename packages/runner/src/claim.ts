import { LeaseKeeper } from './lease-keeper.js'
import type { Environment } from './options.js'
import { stopOnSignals } from './signals.js'

/** The right to work on a run, and all that can end the work. */
export interface Claim {
  readonly keeper: LeaseKeeper
  /** Aborts when the lease is lost or the work should stop. */
  readonly signal: AbortSignal
  /** Never rejects. */
  release(): Promise<void>
}

/** @throws `RUN_CLAIMED` */
export async function claimRun(runId: string, environment: Environment): Promise<Claim> {
  const controller = new AbortController()
  const abort = (reason: unknown) => controller.abort(reason)
  const keeper = await LeaseKeeper.claim(runId, { ...environment, onLost: abort })
  const fromSystem = environment.handleSignals ? stopOnSignals() : null
  const stops = fromSystem ? [...environment.stops, fromSystem.signal] : environment.stops
  const ended = new AbortController()
  for (const stop of stops) {
    if (stop.aborted) abort(stop.reason)
    else stop.addEventListener('abort', () => abort(stop.reason), { once: true, signal: ended.signal })
  }
  return {
    keeper,
    signal: controller.signal,
    async release() {
      ended.abort()
      fromSystem?.dispose()
      await keeper.release()
    },
  }
}

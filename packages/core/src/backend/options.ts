import type { StateUpgrades } from '../rules/upgrade-state.js'
import type { Codec } from '../serialization/codec.js'
import type { Observer } from './observer.js'

/** Options that every backend takes. */
export interface BackendOptions {
  /** What "now" is for everything that this backend decides or dates. Left out: the store's own time. */
  readonly clock?: (() => Date) | undefined
  /** Turns payloads into text and back; `createCodec()` unless given. */
  readonly codec?: Codec | undefined
  /** The largest encoded value, in UTF-8 bytes, that is accepted; larger ones are `PAYLOAD_TOO_LARGE`. No limit unless given. */
  readonly maxPayloadBytes?: number | undefined
  /** Brings snapshots of older pipeline versions up to date when they are loaded. */
  readonly upgradeState?: StateUpgrades | undefined
  /** Told of every operation. Without one nothing is measured. */
  readonly observer?: Observer | undefined
}

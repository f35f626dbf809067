import type { StoredObject } from './storable.js'

/** A store-wide entry that belongs to no run, for example a connector's watermark. */
export interface SystemState {
  key: string
  value: StoredObject
  updatedAt: Date
}

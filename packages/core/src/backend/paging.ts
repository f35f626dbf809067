import type { ItemPosition } from '../rules/cursor.js'
import type { Position } from '../state-store.js'
import { refuse } from './check.js'

interface Paging {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
  readonly after?: ItemPosition | undefined
}

export interface Page {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
  readonly after?: Position | undefined
}

/** The paging of a list of runs in the terms of its order. @throws `VALIDATION` for the cursor of another kind of list */
export function pageAfter({ limit, offset, after }: Paging, order: 'createdAt' | 'updatedAt'): Page {
  if (after === undefined) return { limit, offset }
  if (after.kind !== 'run') return refuse('$.after', 'is the cursor of an evaluation, not of an item of this list')
  return { limit, offset, after: { time: after[order], id: after.id } }
}

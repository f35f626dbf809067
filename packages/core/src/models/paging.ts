import { z } from 'zod'
import { parseCursor } from '../rules/cursor.js'
import { count, identifier, WORKFLOW_STATUSES, workflowStatus } from './common.js'

/** An opaque position in a list, made by `cursorOf(item)`. */
export type Cursor = string

const cursor = z.string().transform((text, context) => {
  const position = parseCursor(text)
  if (position) return position
  context.addIssue({ code: 'custom', message: 'expected a cursor made by cursorOf(item)' })
  return z.NEVER
})

/** The paging fields that every list takes; all optional, in any combination. */
export const pagingShape = {
  /** At most so many items; 0 gives none. */
  limit: count.optional(),
  /** Skip so many items. The cost grows with it: prefer `after` for walking. */
  offset: count.optional(),
  /** Only items behind this one (`cursorOf(item)`); costs the same at any depth. */
  after: cursor.optional(),
}

/** Several statuses, each once: stores may look into one index for each of them. */
export const statuses = z.array(workflowStatus).transform((values) => [...new Set(values)])

/** One status or several; an empty array matches none. */
export const statusFilter = z
  .union([workflowStatus.transform((status) => [status]), statuses], {
    error: `expected one or an array of ${WORKFLOW_STATUSES.map((status) => `'${status}'`).join(', ')}`,
  })
  .optional()

export const nameFilter = identifier.optional()

import { StateBackendError } from '../errors.js'
import { identifierProblem, MAX_TIME, MIN_TIME } from '../models/common.js'
import type { Cursor } from '../models/paging.js'

/** What a cursor says: the times and the id of an item. An evaluation's has its sequence and no `updatedAt`. */
export type ItemPosition =
  | { readonly kind: 'run'; readonly createdAt: number; readonly updatedAt: number; readonly id: string }
  | { readonly kind: 'evaluation'; readonly createdAt: number; readonly sequence: number }

/** Any item of a list. */
export type ListItem =
  | { readonly runId: string; readonly createdAt: Date; readonly updatedAt: Date }
  | { readonly evaluationId: string; readonly createdAt: Date }

/**
 * The position of an item that a list gave, for the list's `after`: opaque text that may be kept and sent around.
 * @throws `VALIDATION` if this is no item of a list
 */
export function cursorOf(item: ListItem): Cursor {
  const text = typeof item === 'object' && item !== null ? formatPosition(item) : ''
  if (parseCursor(text) === null)
    throw new StateBackendError('VALIDATION', 'cursorOf: expected an item of a list, with its id and times', {
      path: '$',
    })
  return text
}

function formatPosition(item: ListItem): string {
  const createdAt = timeOf(item.createdAt)
  if ('evaluationId' in item) return `e.${createdAt}.${item.evaluationId}`
  return `r.${createdAt}.${timeOf(item.updatedAt)}.${encodeId(item.runId)}`
}

const timeOf = (date: unknown) => (date instanceof Date ? date.getTime() : Number.NaN)
const encodeId = (id: unknown) => (typeof id === 'string' && id.isWellFormed() ? encodeURIComponent(id) : '')

/** The position that a cursor names, or null if it is malformed. */
export function parseCursor(text: string): ItemPosition | null {
  const evaluation = /^e\.([^.]+)\.([^.]+)$/.exec(text)
  if (evaluation) {
    const createdAt = parseTime(evaluation[1])
    const sequence = parseInteger(evaluation[2])
    return createdAt === null || sequence === null || sequence < 1 ? null : { kind: 'evaluation', createdAt, sequence }
  }
  const run = /^r\.([^.]+)\.([^.]+)\.(.+)$/.exec(text)
  const createdAt = parseTime(run?.[1])
  const updatedAt = parseTime(run?.[2])
  const id = decodeId(run?.[3])
  return createdAt === null || updatedAt === null || id === null ? null : { kind: 'run', createdAt, updatedAt, id }
}

function parseTime(text: string | undefined): number | null {
  const value = parseInteger(text)
  return value !== null && value >= MIN_TIME && value <= MAX_TIME ? value : null
}

function parseInteger(text: string | undefined): number | null {
  const value = Number(text)
  // Only what a number is written as: no blanks, no leading zeros, no exponents.
  return Number.isSafeInteger(value) && String(value) === text ? value : null
}

function decodeId(text: string | undefined): string | null {
  if (text === undefined) return null
  try {
    const id = decodeURIComponent(text)
    return identifierProblem(id) === null && encodeURIComponent(id) === text ? id : null
  } catch {
    return null
  }
}

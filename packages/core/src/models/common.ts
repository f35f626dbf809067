import { z } from 'zod'
import { accepting, UNSURE } from './acceptor.js'

export const WORKFLOW_STATUSES = ['running', 'paused', 'completed', 'failed', 'cancelled'] as const
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number]

/** Statuses in which a run has ended. */
export const TERMINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const satisfies readonly WorkflowStatus[]

const oneOf = (values: readonly string[]) => `expected one of ${values.map((value) => `'${value}'`).join(', ')}`

export const workflowStatus = z.enum(WORKFLOW_STATUSES, { error: oneOf(WORKFLOW_STATUSES) })

const MAX_ID_UNITS = 512
const MAX_ID_BYTES = 1024
const CONTROL = /\p{Cc}/u
const encoder = new TextEncoder()

/** Nearly all there are: printable, and of one byte each. */
const ASCII = new RegExp(`^[ -~]{1,${MAX_ID_UNITS}}$`)

/** Why `text` cannot be an identifier or a name, or null if it can. */
export function identifierProblem(text: string): string | null {
  if (ASCII.test(text)) return null
  if (text.length === 0) return 'must not be empty'
  if (text.length > MAX_ID_UNITS) return `must have at most ${MAX_ID_UNITS} UTF-16 units, has ${text.length}`
  if (!text.isWellFormed()) return 'must be well-formed Unicode (it has a lone surrogate)'
  if (CONTROL.test(text)) return 'must not contain control characters'
  // A UTF-16 unit takes at most three bytes, so short texts need not be measured.
  if (text.length * 3 > MAX_ID_BYTES && encoder.encode(text).length > MAX_ID_BYTES)
    return `must have at most ${MAX_ID_BYTES} UTF-8 bytes`
  return null
}

/** Run ids, keys, span ids, owners; pipeline, step, span and task names: 1–512 UTF-16 units of well-formed text. */
export const identifier = accepting(
  z.string().superRefine((text, context) => {
    const problem = identifierProblem(text)
    if (problem) context.addIssue({ code: 'custom', message: problem })
  }),
  (input) => (typeof input === 'string' && identifierProblem(input) === null ? input : UNSURE),
)

/** Any string, kept exactly (NUL and lone surrogates included): messages, errors, feedback. */
export const freeText = z.string()

/** First and last millisecond that can be stored: the years 1 to 9999. */
export const MIN_TIME = -62_135_596_800_000
export const MAX_TIME = 253_402_300_799_999

/** A valid `Date` of the years 1 to 9999 at the edge, integer milliseconds since 1970 inside. */
export const time = accepting(
  z
    .date({ error: 'expected a valid Date' })
    .refine(
      (date) => date.getTime() >= MIN_TIME && date.getTime() <= MAX_TIME,
      'expected a Date of the years 1 to 9999',
    )
    .transform((date) => date.getTime()),
  (input) => {
    if (!(input instanceof Date)) return UNSURE
    const time = input.getTime()
    return time >= MIN_TIME && time <= MAX_TIME ? time : UNSURE
  },
)

// -0 has no place in a number column: it is stored as 0.
const positiveZero = (value: number) => (value === 0 ? 0 : value)

export const finite = accepting(z.number().transform(positiveZero), (input) =>
  Number.isFinite(input) ? positiveZero(input as number) : UNSURE,
)

/** Whole numbers from `min` on. */
export const wholeNumber = (min: number) =>
  accepting(z.int().min(min).transform(positiveZero), (input) =>
    Number.isSafeInteger(input) && (input as number) >= min ? positiveZero(input as number) : UNSURE,
  )
export const count = wholeNumber(0)

/** A number of hours or days: finite and not negative; fractions count. */
export const span = z.number().min(0)
export const milliseconds = accepting(z.number().positive(), (input) =>
  Number.isFinite(input) && (input as number) > 0 ? input : UNSURE,
)

/**
 * Writes as they stand in the log: only what they change in the image of the run. Callers save whole snapshots, of which often
 * little is new; what is compared is content, so nothing depends on who holds which objects.
 */
import { applyWrite, type RunImage, type StateRow, type Write } from '@flujo-state/core'
import { type Kept, keptOfList, keptOfText } from './splice.js'

type PayloadColumn = 'pipelineContext' | 'lastStepOutput' | 'metadata'

/** Takes the place of what lies between the kept ends of a payload or of the history, of which there were `of` characters or items. */
interface Splice extends Kept {
  readonly of: number
}
export type LoggedWrite =
  | Exclude<Write, { kind: 'replace-history' | 'append-history' }>
  | ({ readonly kind: 'splice-history'; readonly items: readonly string[] } & Splice)
  | ({ readonly kind: 'splice-payload'; readonly column: PayloadColumn; readonly text: string } & Splice)

/** Longer payloads are compared with those that they replace; others are written as they are, for people to read. */
const LARGE_PAYLOAD = 64 * 1024

/** What is to be logged of a write to the run as it is in the image, before the write is applied there. Nothing if it changes nothing. */
export function loggedAs(write: Write, { state, history, run }: RunImage): LoggedWrite[] {
  switch (write.kind) {
    case 'put-state':
      if (state === null) return [write]
      return [...patchOfState(state, write.row), ...newHistory(history, write.history)]
    case 'patch-state':
      return state === null ? [] : patchOfState(state, { ...write.set, runId: write.runId })
    case 'replace-history':
      return newHistory(history, write.items)
    case 'append-history':
      return [{ kind: 'splice-history', of: history.length, head: history.length, tail: 0, items: write.items }]
    case 'patch-run': {
      const set = run && changedIn(run, write.set)
      return set === null || Object.keys(set).length === 0 ? [] : [{ ...write, set }]
    }
    default:
      return [write]
  }
}

function patchOfState(state: StateRow, next: Partial<StateRow>): LoggedWrite[] {
  const set: { -readonly [K in keyof StateRow]?: StateRow[K] } = changedIn(state, next)
  const writes: LoggedWrite[] = []
  for (const column of ['pipelineContext', 'lastStepOutput', 'metadata'] as const) {
    const splice = set[column] === undefined ? null : spliceOf(column, state[column], set[column])
    if (splice === null) continue
    delete set[column]
    writes.push(splice)
  }
  if (Object.keys(set).length > 0) writes.push({ kind: 'patch-state', runId: state.runId, set })
  return writes
}

function changedIn<R extends object>(before: R, after: Partial<R>): Partial<R> {
  const changed: Partial<R> = {}
  for (const column of Object.keys(after) as (keyof R)[]) {
    const value = after[column]
    if (value !== undefined && value !== before[column]) changed[column] = value
  }
  return changed
}

/** Null if it would not save at least half of the payload. */
function spliceOf(column: PayloadColumn, before: string, after: string): LoggedWrite | null {
  if (before.length <= LARGE_PAYLOAD || after.length <= LARGE_PAYLOAD) return null
  const { head, tail } = keptOfText(before, after)
  if (2 * (head + tail) < after.length) return null
  return { kind: 'splice-payload', column, of: before.length, head, tail, text: after.slice(head, after.length - tail) }
}

function newHistory(before: readonly string[], after: readonly string[]): LoggedWrite[] {
  const { head, tail } = keptOfList(before, after)
  if (head + tail === after.length && after.length === before.length) return []
  const items = after.slice(head, after.length - tail)
  return [{ kind: 'splice-history', of: before.length, head, tail, items }]
}

/** Whether applying it copies a large text. */
export const isSplice = ({ kind }: LoggedWrite) => kind === 'splice-payload'

/** What was logged cannot be applied to what was logged before. */
export class DoesNotFit extends Error {}

/** Applies what was logged, in place. @throws `DoesNotFit` */
export function applyLogged(image: RunImage, write: LoggedWrite): void {
  if (write.kind === 'splice-payload') {
    const { column, head, tail, of, text } = write
    const before = image.state?.[column]
    if (image.state === null || before?.length !== of) throw new DoesNotFit()
    image.state = { ...image.state, [column]: before.slice(0, head) + text + before.slice(of - tail) }
  } else if (write.kind === 'splice-history') {
    const { history } = image
    if (history.length !== write.of) throw new DoesNotFit()
    const end = history.slice(write.of - write.tail)
    history.length = write.head
    // Not by spreading: as arguments, a hundred thousand items overflow the stack.
    for (const item of write.items) history.push(item)
    for (const item of end) history.push(item)
  } else applyWrite(image, write)
}

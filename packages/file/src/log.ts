/** The log of a run: a line per commit. */
import { corrupt } from './errors.js'
import type { LoggedWrite } from './logged-write.js'
import { Pace } from './pace.js'
import { type PayloadKind, readLine, writeLine } from './record-text.js'

/** A commit as a line of the log. */
export function logLine(runId: string, writes: readonly LoggedWrite[], payloads: PayloadKind): string {
  return writeLine({ id: runId, w: writes }, payloads)
}

/** What a line is known by, see `writeLine`. */
export const checksumOfLine = (line: string) => line.slice(LINE_BEGIN.length, LINE_BEGIN.length + 16)

export interface LogContent {
  /** Whose log it is; null if it has no commit. */
  readonly runId: string | null
  readonly writes: readonly LoggedWrite[]
  /** Whether payloads stood in it as texts: they may be of another codec. */
  readonly hasTexts: boolean
  /** The checksum of the last commit; empty if there is none. */
  readonly last: string
  /** Bytes of whole lines; what follows is the unfinished line of a writer that is at work, or was killed at it. */
  readonly size: number
}

const NEWLINE = 10
const NUL = 0
const HIGHEST_IN_UTF8 = 0xf4
/** See `writeLine`. */
const LINE_BEGIN = Buffer.from('{"c":"')

/** The commits of a log, which should be of the run `expectedId`. @throws `CORRUPT` for damage; an unfinished end is none */
export async function readLog(bytes: Buffer, path: string, expectedId: string | null): Promise<LogContent> {
  const pace = new Pace()
  const writes: LoggedWrite[] = []
  let runId: string | null = null
  const damaged = (at: number) => corrupt(`the commit at byte ${at} is damaged`, path, runId ?? expectedId)
  let size = 0
  let hasTexts = false
  let last = ''
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, size)) {
    const line = bytes.subarray(size, end)
    const text = line.toString()
    const record = readLine(text)
    if (record === null) {
      // A crash of the machine can leave the last line's length without all its bytes: holes read as NUL, which JSON never has.
      if (end === bytes.length - 1 && line.includes(NUL)) break
      throw damaged(size)
    }
    runId = record.id as string
    hasTexts ||= record.p === 'text'
    for (const write of record.w as LoggedWrite[]) writes.push(write)
    size = end + 1
    last = checksumOfLine(text)
    if (pace.isDue()) await pace.rest()
  }
  const end = bytes.subarray(size)
  if (isLineWithoutItsNewline(end) || !canBeUnfinished(end)) throw damaged(size)
  return { runId, writes, hasTexts, last, size }
}

/** Whether these bytes, but for holes, can be the beginning of a line: it begins like every line, and is UTF-8. */
function canBeUnfinished(end: Buffer): boolean {
  const begin = end.subarray(0, LINE_BEGIN.length)
  const isBegin = begin.every((byte, index) => byte === LINE_BEGIN[index] || byte === NUL)
  return isBegin && end.every((byte) => byte <= HIGHEST_IN_UTF8)
}

/** A whole line whose newline turned into something else is damage: an unfinished one has nothing at that place. */
function isLineWithoutItsNewline(end: Buffer): boolean {
  const last = end.at(-1)
  return last !== undefined && last !== NUL && readLine(end.subarray(0, -1).toString()) !== null
}

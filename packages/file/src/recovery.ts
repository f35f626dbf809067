/** What the journals have and their logs have not: the machine died before those were synced. */
import { StateBackendError } from '@flujo-state/core'
import { writeOver } from './durable.js'
import { type LogEnd, readJournal, syncLog } from './journal.js'
import { inFolder, type Layout } from './layout.js'
import { checksumOfLine } from './log.js'
import { Pace } from './pace.js'
import { namesIn, readIfThere } from './reading.js'
import { readLine } from './record-text.js'

/** What is to be put back into a log. Commits behind it, if there are any, were synced by themselves. */
interface Loss {
  readonly path: string
  readonly from: number
  readonly text: string
}

/**
 * Puts back what logs have lost. `hold` does work under the lock, which is taken only if something is lost. The journals of
 * processes that seem to live are looked at too: after a restart of the machine others may have their process ids.
 */
export async function recover(layout: Layout, hold: (work: () => Promise<void>) => Promise<void>): Promise<void> {
  if ((await findLosses(layout)).length === 0) return
  await hold(async () => {
    for (const { path, from, text } of await findLosses(layout)) await writeOver(path, from, text)
  })
}

/** For a store that cannot be written to. @throws `IO` if it is not whole */
export async function refuseLosses(layout: Layout): Promise<void> {
  if ((await findLosses(layout)).length === 0) return
  const message = `the machine stopped while ${layout.root} was in use: open it once where it can be written to, which completes it`
  throw new StateBackendError('IO', message)
}

// Journals first: a line is written to its log before it is written to a journal.
async function findLosses(layout: Layout): Promise<Loss[]> {
  const pace = new Pace()
  const endsOf = new Map<string, LogEnd[]>()
  for (const name of namesIn(layout.journals))
    for (const end of await endsIn(inFolder(layout.journals, name))) {
      const ends = endsOf.get(end.log)
      if (ends) ends.push(end)
      else endsOf.set(end.log, [end])
    }
  const losses: Loss[] = []
  for (const [log, ends] of endsOf) {
    const loss = await lossOf(inFolder(layout.root, log), ends)
    if (loss) losses.push(loss)
    if (pace.isDue()) await pace.rest()
  }
  return losses
}

async function endsIn(journal: string): Promise<LogEnd[]> {
  const bytes = await readIfThere(journal)
  return bytes ? readJournal(bytes) : []
}

const placeOf = (at: number, after: string) => `${at} ${after}`

/** A log that is gone has become part of a checkpoint, or its run was deleted. */
async function lossOf(path: string, ends: readonly LogEnd[]): Promise<Loss | null> {
  const bytes = await readIfThere(path)
  if (bytes === null) return null
  const lineAt = new Map(ends.map(({ at, after, line }) => [placeOf(at, after), line]))
  const { size, last } = wholeLines(bytes)
  let [at, after, text] = [size, last, '']
  for (;;) {
    const line = lineAt.get(placeOf(at, after))
    // The last group of a journal may be unfinished.
    if (line === undefined || readLine(line.slice(0, -1)) === null) break
    text += line
    at += Buffer.byteLength(line)
    after = checksumOfLine(line)
  }
  return text === '' ? null : { path, from: size, text }
}

/** Up to the first line that is not what was written: pages that were lost read as NUL, also before others that were not. */
function wholeLines(bytes: Buffer): { size: number; last: string } {
  let size = 0
  let last = ''
  for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', size)) {
    const line = bytes.toString('utf8', size, end)
    if (readLine(line) === null) break
    last = checksumOfLine(line)
    size = end + 1
  }
  return { size, last }
}

/** Takes over what the journal of a dead process was for. */
export async function syncLogsOf(layout: Layout, journal: string): Promise<void> {
  const logs = new Set((await endsIn(journal)).map(({ log }) => log))
  for (const log of logs) await syncLog(inFolder(layout.root, log))
}

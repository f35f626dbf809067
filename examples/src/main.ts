/**
 * `npm start`: a durable run that is killed in the middle of a step, goes on, waits for a person, and completes; each of
 * that by a process of its own. Ends with exit code 0 only if all of it really happened.
 */
import { SQLiteBackend } from '@flujo-state/sqlite'
import { afterTheApproval, afterTheKill, afterTheResume, type Fact } from './facts.js'
import { csv, database, folder, journalFile, makePlace, runId, shortPath } from './place.js'
import { passSignalsOn, runWorker } from './processes.js'
import { runList, statistics, stepList, traceOf } from './show/stored.js'
import { COLUMNS, paint, wrap } from './show/text.js'

const say = (...lines: readonly string[]) => console.log(lines.join('\n'))
const title = (text: string) => say('', paint('bold', text), paint('dim', '─'.repeat(COLUMNS)))
const facts: Fact[] = []

/** Opens the database only to look: between the workers nobody has it open. */
async function look<T>(read: (backend: SQLiteBackend) => Promise<T>): Promise<T> {
  await using backend = new SQLiteBackend(database)
  return await read(backend)
}

async function check(found: Promise<Fact[]>): Promise<void> {
  for (const { text, holds, ...fact } of await found) {
    facts.push({ text, holds, ...fact })
    say(holds ? `   ${paint('green', '✓')} ${text}` : `   ${paint('red', '✗ FAILED:')} ${text}`)
    if (!holds) say(...wrap(fact.found, COLUMNS - 5).map((line) => `     ${line}`))
  }
}

async function kill(): Promise<void> {
  title('1. A worker begins the run, and is killed in the middle of a step')
  const isHalfway = (line: string) => /^ +\w+ \(2 of \d+\)/.test(line)
  const ended = await runWorker(['work'], { killAt: isHalfway })
  say(`   kill -9 ${ended.pid}`)
  await check(look((backend) => afterTheKill(backend, ended)))
}

async function resume(): Promise<void> {
  title('2. Another worker is started: it goes on where the first one was')
  const ended = await runWorker(['work'])
  await check(look((backend) => afterTheResume(backend, ended)))
}

async function approve(): Promise<void> {
  title('3. Any day later, a third process says yes')
  const ended = await runWorker(['approve', 'Ada'])
  await check(look((backend) => afterTheApproval(backend, ended)))
}

async function show(): Promise<void> {
  await look(async (backend) => {
    title('The runs')
    say(...(await runList(backend)))
    title('The steps')
    say(...(await stepList(backend, runId)))
    title('The trace: × is where the worker was killed')
    say(...(await traceOf(backend, runId)))
    title('The statistics')
    say(...(await statistics(backend)))
  })
}

function whereAndWhatNext(): void {
  const query = 'select step_name, status, execution_time_ms from steps_readable'
  title('Where it lies, and what to try next')
  say(
    'Everything of the run is in one SQLite file, everything it made beside it:',
    `  ${shortPath(database)}`,
    `  ${shortPath(folder)}/published/sales-2026-q3.md`,
    `  ${shortPath(journalFile)}`,
    'Query it by hand (views with readable times; or any SQLite browser):',
    `  sqlite3 -box ${shortPath(database)} \\`,
    `    "${query}"`,
    'Read the workflow:      examples/src/sales/workflow.ts',
    'Write your own:         README.md, "A workflow that survives its process"',
    'What a backend promises: docs/contract.md',
  )
}

// For the test of this script: makes the second worker do everything again, which the checks must notice.
async function sabotage(): Promise<void> {
  await look((backend) => backend.updateState(runId, { currentStepIndex: 0, lastStepOutput: { csv, folder } }))
}

passSignalsOn()
makePlace()
say(paint('bold', 'flujo-state'), 'A workflow on embedded SQLite: cleans 424 exported orders, publishes a report.')
await kill()
if (process.env.FLUJO_EXAMPLE_SABOTAGE === 'repeat') await sabotage()
await resume()
await approve()
await show()
whereAndWhatNext()
const failed = facts.filter(({ holds }) => !holds)
say(
  '',
  failed.length === 0
    ? paint('green', `All ${facts.length} checks hold.`)
    : paint('red', `${failed.length} of ${facts.length} checks FAILED.`),
)
process.exitCode = failed.length === 0 ? 0 : 1

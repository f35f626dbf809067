// `npm test`: all set-up, then every package's tests, then what failed, then one closing line: `N passed, N failed[, N skipped]`.
//   node scripts/test.mjs               the tests for everyone
//   node scripts/test.mjs test:long     the long forms, in the packages that have one
//   node scripts/test.mjs closing-line  what failed in what ran last, and the closing line, both added up (for .ci/run)
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { root, setup } from './setup.mjs'
import { turbo } from './turbo.mjs'
import { workspacePackages } from './workspace.mjs'

/** A file system in memory, where there is one, and what must be free there. */
const MEMORY_FILES = '/dev/shm'
const ENOUGH_BYTES = 2 ** 30
/** So much is shown of what failed: whoever sees only the end of a long log sees it. */
const MOST_FAILURES = 20
const MOST_LINES = 15

const TASKS = { test: 'test.json', 'test:long': 'test-long.json' }
const [task = 'test', ...turboArgs] = process.argv.slice(2)

if (task === 'closing-line') printClosingLine(Object.values(TASKS).map(readSum))
else await runTests()

async function runTests() {
  await setup()
  const file = TASKS[task]
  if (file === undefined)
    throw new Error(`Unknown task "${task}". Known: ${Object.keys(TASKS).join(', ')}, closing-line.`)
  const packages = workspacePackages().filter(({ manifest }) => manifest.scripts?.[task])
  // An old count must never be taken for a new one.
  for (const { folder } of packages) rmSync(`${root}${folder}/.test-results/${file}`, { force: true })
  const code = await withQuickFiles(() => turbo(['run', task, '--continue', '--output-logs=new-only', ...turboArgs]))
  const filtered = turboArgs.length > 0
  const sum = packages.map((each) => countTests(each, file, filtered)).reduce(add, nothing())
  // A crash between the tests (an unhandled rejection, a type error in a configuration) fails no test, but fails.
  if (code !== 0 && sum.failed === 0)
    Object.assign(sum, failedOnce(task, 'Every test passed, but the run did not: its output above says why.'))
  mkdirSync(`${root}.test-results`, { recursive: true })
  writeFileSync(`${root}.test-results/${file}`, JSON.stringify(sum))
  printClosingLine([sum])
  const ranNothing = sum.passed + sum.failed === 0 && (task === 'test' || packages.length > 0)
  if (ranNothing) console.error('No test ran.')
  process.exitCode = code !== 0 || sum.failed > 0 || ranNothing ? 1 : 0
}

/**
 * The short form makes thousands of small stores. They are real files all the same on a file system in memory, where there is
 * a large enough one, but an fsync costs nothing there. The long forms, and a single package's tests, use the disk.
 */
async function withQuickFiles(run) {
  const free = task === 'test' && existsSync(MEMORY_FILES) ? statfsSync(MEMORY_FILES) : { bavail: 0, bsize: 0 }
  if (free.bavail * free.bsize < ENOUGH_BYTES) return run()
  const folder = mkdtempSync(`${MEMORY_FILES}/flujo-test-`)
  try {
    process.env.TMPDIR = folder
    return await run()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function nothing() {
  return { passed: 0, failed: 0, skipped: 0, failures: [] }
}

function failedOnce(name, message) {
  return { failed: 1, failures: [{ name, message }] }
}

function add(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  }
}

/** Reads what vitest's JSON reporter left. A test file that could not even be loaded counts as one failure. */
function countTests({ folder, manifest }, file, filtered) {
  // A soak that is a program of its own counts by its exit code.
  if (!manifest.scripts[task].includes('vitest')) return nothing()
  const path = `${root}${folder}/.test-results/${file}`
  if (!existsSync(path)) {
    if (filtered) return nothing()
    return { ...nothing(), ...failedOnce(manifest.name, `"${manifest.scripts[task]}" left no ${file}`) }
  }
  const report = JSON.parse(readFileSync(path, 'utf8'))
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const failures = [
    ...broken.map(({ name, message }) => ({ name: name.replace(`${root}${folder}/`, ''), message })),
    ...tests
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages.join('\n') })),
  ]
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    failures: failures.map(({ name, message }) => ({ name: `${manifest.name}: ${name}`, message })),
  }
}

function readSum(file) {
  const path = `${root}.test-results/${file}`
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : nothing()
}

function printClosingLine(sums) {
  const { passed, failed, skipped, failures } = sums.reduce(add, nothing())
  const shown = failures.slice(0, MOST_FAILURES)
  for (const { name, message } of shown) console.log(`\nFAILED ${name}\n${firstLines(message)}`)
  // The names once more: a few messages fill a screen.
  if (shown.length > 1) console.log(`\n${shown.map(({ name }) => `FAILED ${name}`).join('\n')}`)
  if (failures.length > shown.length) console.log(`… and ${failures.length - shown.length} more`)
  if (failures.length > 0) console.log()
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
}

function firstLines(message) {
  const isOurs = (line) => !/^\s+at .*node_modules/.test(line)
  const lines = stripVTControlCharacters(message).split('\n').filter(isOurs)
  const cut = lines.slice(0, MOST_LINES).map((line) => `    ${line.slice(0, 300)}`)
  return [...cut, ...(lines.length > MOST_LINES ? ['    …'] : [])].join('\n')
}

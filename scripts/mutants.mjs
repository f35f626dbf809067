// `pnpm mutants [--own-tests] [part of a path ...]`: which faults in core's decisions and in the memory backend does the
// conformance suite miss?
//
// Stryker makes the mutants: small changes of the code, all compiled in at once behind switches. One at a time is switched on,
// and the cases that pass its place are run until one fails. That takes milliseconds, as no test runner starts anew.
// With --own-tests what the suite misses is tried on the package's own tests as well.
// conformance/mutants.md says why each survivor may live.
import { fork, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['packages/core/src/rules', 'packages/core/src/store', 'packages/memory/src']
/** No case takes as long, on the slowest machine: it hangs in a loop that no rule's time limit can end. */
const LIMIT_MS = 60_000
const FOUND = ['killed', 'crashed', 'timeout']
const MISSED = ['own tests', 'survived', 'uncovered']

/** The sources with all mutants in them, by path, and the mutants. */
async function mutate() {
  const names = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error, isDebugEnabled: () => false }
  const sources = names.map((name) => ({ name, mutate: true, content: readFileSync(name, 'utf8') }))
  const options = { plugins: null, excludedMutations: [], ignorers: [] }
  const { files, mutants } = await new Instrumenter(log).instrument(sources, options)
  return { mutants, contents: Object.fromEntries(files.map(({ name, content }) => [name, content])) }
}

/** The worker, the suite and the mutated sources as one file. */
async function bundle(contents, outfile) {
  const mutated = ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => (path in contents ? { contents: contents[path], loader: 'ts' } : null))
  await build({
    entryPoints: [join(root, 'scripts/mutants-worker.mjs')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [{ name: 'mutated', setup: mutated }],
    logLevel: 'error',
  })
}

/** A process that answers one question at a time. */
class Worker {
  #child
  #ready

  /** With a mutant, it is active from the beginning, for what happens while modules are loaded. */
  constructor(file, mutant) {
    const env = { ...process.env, ...(mutant !== undefined && { __STRYKER_ACTIVE_MUTANT__: mutant }) }
    this.#child = fork(file, { env })
    this.#ready = this.#answer()
  }

  /** The answer, or null if the process ends or gives no sign of life for too long. */
  async ask(question) {
    if ((await this.#ready) === null) return null
    const answer = this.#answer()
    this.#child.send(question)
    return answer
  }

  #answer() {
    const child = this.#child
    return new Promise((resolve) => {
      const done = (answer) => {
        timer.refresh()
        if (answer === 'alive') return
        clearTimeout(timer)
        child.off('message', done).off('exit', gone)
        resolve(answer)
      }
      const gone = () => done(null)
      const timer = setTimeout(gone, LIMIT_MS)
      child.on('message', done).on('exit', gone)
    })
  }

  end() {
    this.#child.kill('SIGKILL')
  }
}

async function hunt(mutants, file) {
  const observer = new Worker(file)
  const seen = await observer.ask({ mutant: null })
  observer.end()
  if (seen === null) throw new Error('the suite has to pass without mutants')
  const results = []
  let shared = new Worker(file)
  for (const mutant of mutants) {
    const { id } = mutant
    const isStatic = id in seen.static
    const plan = Object.entries(seen.times)
      .map(([test, ms]) => ({ id: test, ms, hits: seen.perTest[test]?.[id] ?? 0 }))
      .filter(({ hits }) => isStatic || hits > 0)
      .sort((a, b) => a.ms - b.ms)
    const worker = isStatic ? new Worker(file, id) : shared
    const found = (await worker.ask({ mutant: id, plan })) ?? { status: 'timeout', by: null }
    results.push({ ...mutant, ...found })
    // What hung may hang still.
    if (isStatic || found.status === 'timeout') worker.end()
    if (!isStatic && found.status === 'timeout') shared = new Worker(file)
    if (results.length % 100 === 0) console.error(`${results.length} of ${mutants.length}`)
  }
  shared.end()
  return results
}

const isMissed = ({ status }) => MISSED.includes(status)

/** The package's own test file of that name, else all beside it; never the suite again. */
function ownTests(fileName) {
  const test = fileName.replace('/src/', '/test/').replace(/\.ts$/, '.test.ts')
  if (existsSync(test)) return [test]
  const others = readdirSync(dirname(test)).filter(
    (name) => name.endsWith('.test.ts') && !name.startsWith('conformance'),
  )
  return others.map((name) => join(dirname(test), name))
}

/** Runs them with each mutant that the suite missed. */
function tryOwnTests(results, contents, scratch) {
  const config = join(scratch, 'vitest.config.mjs')
  const mutated = `{ name: 'mutated', enforce: 'pre', load: (id) => (${JSON.stringify(contents)})[id] }`
  const test = JSON.stringify({ setupFiles: [join(root, 'vitest.setup.ts')], testTimeout: LIMIT_MS, bail: 1 })
  writeFileSync(config, `export default { plugins: [${mutated}], test: ${test} }`)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const pass = (fileName, mutant) => {
    const folder = fileName.slice(0, fileName.indexOf('/src/'))
    const args = [vitest, 'run', '--config', config, '--root', folder, ...ownTests(fileName)]
    const env = { ...process.env, __STRYKER_ACTIVE_MUTANT__: mutant }
    return spawnSync(process.execPath, args, { env, timeout: LIMIT_MS }).status === 0
  }
  const missed = results.filter(isMissed)
  for (const fileName of new Set(missed.map((each) => each.fileName)))
    if (!pass(fileName, 'none')) throw new Error(`the own tests of ${fileName} have to pass without mutants`)
  return results.map((each) =>
    isMissed(each) && !pass(each.fileName, each.id) ? { ...each, status: 'own tests' } : each,
  )
}

/** What was there, and what is there instead. */
function describe({ fileName, location: { start, end }, mutatorName, replacement, status }) {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line, end.line + 1)
  const last = lines.length - 1
  lines[last] = lines[last].slice(0, end.column)
  lines[0] = lines[0].slice(start.column)
  const short = (text) => text.replaceAll(/\s+/g, ' ').slice(0, 160)
  const place = `${relative(root, fileName)}:${start.line + 1}`
  return `${status}: ${place} (${mutatorName})\n  - ${short(lines.join('\n'))}\n  + ${short(replacement)}`
}

function report(results) {
  for (const result of results) if (isMissed(result)) console.log(describe(result))
  const table = new Map()
  for (const { fileName, status } of results) {
    const name = relative(root, fileName)
    for (const key of [name, `${dirname(name)}/`, 'all']) {
      const row = table.get(key) ?? {
        mutants: 0,
        ...Object.fromEntries([...FOUND, ...MISSED].map((each) => [each, 0])),
      }
      row.mutants += 1
      row[status] += 1
      table.set(key, row)
    }
  }
  for (const row of table.values()) {
    const found = FOUND.reduce((sum, each) => sum + row[each], 0)
    row['by the suite'] = `${((100 * found) / row.mutants).toFixed(1)} %`
  }
  console.table(Object.fromEntries([...table].sort(([a], [b]) => (a < b ? -1 : 1))))
}

const args = process.argv.slice(2)
const parts = args.filter((arg) => !arg.startsWith('--'))
const { mutants, contents } = await mutate()
const wanted = mutants.filter(({ fileName }) => parts.length === 0 || parts.some((part) => fileName.includes(part)))
const scratch = mkdtempSync(join(tmpdir(), 'flujo-mutants-'))
try {
  const file = join(scratch, 'worker.mjs')
  await bundle(contents, file)
  const results = await hunt(wanted, file)
  const all = args.includes('--own-tests') ? tryOwnTests(results, contents, scratch) : results
  report(all)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

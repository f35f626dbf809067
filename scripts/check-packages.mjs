// Tests what users get: the packed tarballs, not the sources.
//
// 1. Packs every public package and runs publint and attw (are the types wrong?) over each tarball.
// 2. Installs ONE backend's tarball into an empty project outside the workspace, saves and loads a state with plain Node, compiles
//    a caller against its types, and looks which drivers came along.
// 3. Runs the conformance suite as a third party does: its command, and under node:test, mocha, jest and vitest.
//
// `pnpm build` goes first. Nothing is fetched under our own names: npm's `overrides` point each of them at its tarball.
//
// better-sqlite3 takes 80 s to compile. It is installed here as npm installs it, but without its build script
// (`--ignore-scripts`), and then given the binary that the workspace compiled of the very same version, for the same Node. What is
// ours (which packages come along, whether they load and work) is tested for real; only the compiler is not run twice.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RUNNERS, tryCommand, tryRunners } from './packed-conformance.mjs'
import { root } from './setup.mjs'
import { workspacePackages } from './workspace.mjs'

const DRIVERS = [
  'better-sqlite3',
  'drizzle-orm',
  'fs-extra',
  'pg',
  '@electric-sql/pglite',
  'redis',
  'ioredis',
  'p-retry',
  'vitest',
]

const BACKENDS = {
  '@flujo-state/memory': { open: 'new InMemoryBackend()', drivers: [] },
  '@flujo-state/file': { open: "new FileBackend('state')", drivers: ['fs-extra'] },
  '@flujo-state/sqlite': { open: "new SQLiteBackend('state.db')", drivers: ['better-sqlite3', 'drizzle-orm'] },
}

/** The packages that are no backends must at least load, with the names they are known for. */
const OTHERS = {
  '@flujo-state/core': {
    '.': ['createStateBackend', 'createCodec', 'StateBackendError', 'isStateBackendError', 'cursorOf', 'iterate'],
  },
  '@flujo-state/conformance': { '.': ['runConformance', 'register'] },
  '@flujo-state/runner': { '.': ['defineWorkflow', 'runWorkflow', 'resumeWorkflow', 'listResumable', 'recover'] },
}

const only = process.argv.slice(2)
const work = realpathSync(mkdtempSync(join(tmpdir(), 'flujo-state-packages-')))
const published = workspacePackages().filter(({ manifest }) => !manifest.private)
const problems = []

try {
  const tarballs = Object.fromEntries(published.map((each) => [each.manifest.name, pack(each)]))
  for (const each of published)
    attempt(`${each.manifest.name}: tarball`, () => lintTarball(each, tarballs[each.manifest.name]))
  for (const [name, backend] of Object.entries(BACKENDS))
    attempt(`${name}: alone`, () => tryBackend(name, backend, tarballs))
  for (const [name, entries] of Object.entries(OTHERS))
    attempt(`${name}: alone`, () => tryImports(name, entries, tarballs))
  const suite = ['@flujo-state/conformance', '@flujo-state/memory']
  attempt('@flujo-state/conformance: command', () => tryCommand(project(suite, tarballs), compile))
  attempt('@flujo-state/conformance: runners', () => tryRunners(project(suite, tarballs, RUNNERS)))
} finally {
  rmSync(work, { recursive: true, force: true })
}
for (const problem of problems) console.error(`\n${problem}`)
console.log(
  problems.length === 0 ? '\nThe packed packages work.' : `\n${problems.length} problem(s) with the packed packages.`,
)
if (problems.length > 0) process.exitCode = 1

/** Runs one check and goes on after a failure, so that one run shows every problem. */
function attempt(title, check) {
  if (only.length > 0 && !only.some((word) => title.includes(word))) return
  const started = Date.now()
  try {
    check()
    console.log(`ok    ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  } catch (error) {
    console.log(`FAIL  ${title}`)
    problems.push([`${title}: ${error.message}`, error.stdout, error.stderr].filter(Boolean).join('\n').trim())
  }
}

function run(command, args, cwd, env = {}) {
  // The settings of the npm or pnpm that runs this script must not leak into the project made here.
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(package|lifecycle|config_(?!registry))/i.test(key)),
  )
  return execFileSync(command, args, { cwd, env: { ...clean, ...env }, encoding: 'utf8', stdio: 'pipe' })
}

function tool(name, args, cwd) {
  return run(join(root, 'node_modules/.bin', name), args, cwd)
}

function pack({ folder, manifest }) {
  if (!existsSync(join(root, folder, 'dist'))) throw new Error(`${folder}/dist is missing: run "pnpm build" first.`)
  const target = join(work, 'tarballs', folder.replaceAll('/', '-'))
  mkdirSync(target, { recursive: true })
  tool('pnpm', ['pack', '--pack-destination', target], join(root, folder))
  const [file] = readdirSync(target)
  if (file === undefined) throw new Error(`${manifest.name} packed nothing`)
  return join(target, file)
}

function lintTarball({ manifest }, tarball) {
  const unpacked = join(work, 'unpacked', manifest.name)
  mkdirSync(unpacked, { recursive: true })
  run('tar', ['xzf', tarball, '-C', unpacked, '--strip-components=1'], work)
  const files = readdirSync(unpacked, { recursive: true })
  const shipped = files.filter(
    (file) => !/^(package\.json|README\.md|LICENSE|dist|dist\/.*)$/.test(file.replaceAll('\\', '/')),
  )
  if (shipped.length > 0) throw new Error(`ships ${shipped.join(', ')}`)
  for (const file of ['README.md', 'LICENSE']) if (!files.includes(file)) throw new Error(`ships no ${file}`)
  if (/workspace:/.test(readFileSync(join(unpacked, 'package.json'), 'utf8')))
    throw new Error('its package.json says "workspace:"')
  for (const file of files.filter((name) => name.endsWith('.d.ts')))
    if (/['"](?:\.\.\/)+(?:core|packages)\//.test(readFileSync(join(unpacked, file), 'utf8')))
      throw new Error(`${file} reaches out of its package`)
  tool('publint', ['--strict', tarball], work)
  tool('attw', ['--profile', 'esm-only', '--format', 'ascii', tarball], work)
}

/** An empty project with packages of ours (and others), as `npm install @flujo-state/…` would make it. */
function project(names, tarballs, others = {}) {
  const folder = join(work, 'projects', [...names, ...Object.keys(others)].join('+').replaceAll('/', '-'))
  mkdirSync(folder, { recursive: true })
  const ours = (which) =>
    Object.fromEntries(
      Object.entries(tarballs)
        .filter(([name]) => names.includes(name) === which)
        .map(([name, tarball]) => [name, `file:${tarball}`]),
    )
  const overrides = { ...ours(false), 'better-sqlite3': sqliteOfWorkspace().version }
  const manifest = {
    name: 'a-user',
    private: true,
    type: 'module',
    dependencies: { ...ours(true), ...others },
    overrides,
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], folder)
  if (installed(folder, 'better-sqlite3')) reuseBinary(folder)
  return folder
}

function sqliteOfWorkspace() {
  const folder = realpathSync(join(root, 'packages/sqlite/node_modules/better-sqlite3'))
  return { folder, version: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version }
}

function reuseBinary(folder) {
  const binary = 'build/Release/better_sqlite3.node'
  cpSync(join(sqliteOfWorkspace().folder, binary), join(folder, 'node_modules/better-sqlite3', binary))
}

function installed(folder, driver) {
  return existsSync(join(folder, 'node_modules', driver))
}

function tryBackend(name, { open, drivers }, tarballs) {
  const folder = project([name], tarballs)
  const className = /new (\w+)/.exec(open)?.[1]
  const caller = `import { ${className}, isStateBackendError } from '${name}'
const backend = ${open}
await backend.saveState('r1', {
  pipelineId: 'p', pipelineName: 'p', pipelineVersion: '1', currentStepIndex: 0, pipelineContext: { a: 1 }, status: 'running',
})
const state = await backend.loadState('r1')
if (state?.pipelineContext['a'] !== 1) throw new Error('what was saved was not loaded')
if (isStateBackendError(new Error('none of ours'))) throw new Error('isStateBackendError takes anything')
await backend.shutdown()
console.log('works')
`
  // Plain JavaScript and TypeScript at once: the caller has no type annotation.
  writeFileSync(join(folder, 'caller.mjs'), caller)
  writeFileSync(join(folder, 'caller.mts'), caller)
  if (run(process.execPath, ['caller.mjs'], folder).trim() !== 'works') throw new Error('the caller did not finish')
  compile(folder, 'caller.mts')
  expectDrivers(folder, drivers)
}

/** Without `skipLibCheck`: a declaration that names a type the user has not installed would silently become `any`. */
function compile(folder, file) {
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false']
  tool(
    'tsc',
    [...strict, '--target', 'ES2022', '--module', 'NodeNext', '--lib', 'ES2023,ESNext.Disposable', ...types, file],
    folder,
  )
}

function expectDrivers(folder, drivers) {
  const found = DRIVERS.filter((driver) => installed(folder, driver))
  if (found.join() !== drivers.join())
    throw new Error(`brings [${found.join(', ')}] along, expected [${drivers.join(', ')}]`)
}

function tryImports(name, entries, tarballs) {
  const folder = project([name], tarballs)
  for (const [entry, names] of Object.entries(entries)) {
    const script = `import * as m from '${join(name, entry)}'
const missing = ${JSON.stringify(names)}.filter((name) => typeof m[name] !== 'function')
if (missing.length > 0) throw new Error('it does not export ' + missing.join(', '))`
    writeFileSync(join(folder, 'caller.mjs'), script)
    run(process.execPath, ['caller.mjs'], folder)
  }
  expectDrivers(folder, name.endsWith('/runner') ? ['p-retry'] : [])
}

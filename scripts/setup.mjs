// All the set-up a fresh clone needs, so that `npm test` and `npm start` work with nothing but Node, npm and a C++ toolchain.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const at = (path) => `${root}${path}`

/** Installs if nothing is installed, or something else than the lockfile asks for. Does nothing (1 ms) otherwise. */
export async function setup() {
  const stamp = at('node_modules/.flujo-setup')
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const started = Date.now()
  console.log('Installing the dependencies of the workspace (needed once; takes a minute or two).')
  await pnpm(['install', '--frozen-lockfile', '--reporter=append-only'])
  if (!sqliteLoads()) {
    // Left behind by another Node version, or by an install that ran no build scripts.
    console.log('Building better-sqlite3 for this version of Node.')
    await pnpm(['--recursive', '--reporter=append-only', 'rebuild', 'better-sqlite3'])
    if (!sqliteLoads())
      throw new Error('better-sqlite3 was built but does not load. Is there a C++ toolchain and Python?')
  }
  writeFileSync(stamp, wanted)
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`)
}

/** What an install depends on: the lockfile, and the binary interface its native module is compiled for. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) hash.update(readFileSync(at(file)))
  return hash.digest('hex')
}

function sqliteLoads() {
  const script = "new (require('better-sqlite3'))(':memory:').close()"
  return spawnSync(process.execPath, ['-e', script], { cwd: at('packages/sqlite'), stdio: 'ignore' }).status === 0
}

/** Runs the pnpm that package.json pins, fetched by npx: before the install there is no other one to rely on. */
function pnpm(args) {
  const { packageManager } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  const shell = process.platform === 'win32'
  const child = spawn('npx', ['-y', packageManager, ...args], { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] })
  const compiler = showProgress(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) return resolve()
      console.error(compiler.slice(-60).join('\n'))
      reject(new Error(`"pnpm ${args.join(' ')}" failed with exit code ${code}.`))
    })
  })
}

/** Passes the output on, except for the compiler's thousand lines (returned, for when it fails); a silent minute gets a sign of life. */
function showProgress(child) {
  const compiler = []
  const started = Date.now()
  let shown = Date.now()
  const show = (line) => {
    shown = Date.now()
    console.log(line)
  }
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) / install: (?!Done|Failed)/.test(line) ? compiler.push(line) : show(line)
    })
    stream.on('end', () => rest && show(rest))
  }
  const beat = setInterval(() => {
    if (Date.now() - shown < 9_000) return
    const doing =
      compiler.length > 0 ? 'compiling better-sqlite3 (about 80 s where no prebuilt one can be had)' : 'installing'
    show(`  … still ${doing}, ${Math.round((Date.now() - started) / 1000)} s so far`)
  }, 1_000)
  child.on('close', () => clearInterval(beat))
  return compiler
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup()

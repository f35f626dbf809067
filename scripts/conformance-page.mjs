// `pnpm conformance:page`: runs the conformance suite over all our backends and writes docs/conformance.md.
// With files behind it (`pnpm conformance:page memory.json file.json …`) it takes those reports and runs nothing.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './setup.mjs'

/** The harnesses that the packages' own tests use, in the order of the columns. */
const HARNESSES = [
  'packages/memory/test/support/harness.ts',
  'packages/file/test/support/harness.ts',
  'packages/sqlite/test/support/harness.ts',
  'examples/redis-backend/test/support/harness.ts',
]
const PAGE = join(root, 'docs/conformance.md')

const loader = pathToFileURL(createRequire(join(root, 'conformance/package.json')).resolve('tsx')).href
// Thousands of small stores: real files all the same on a file system in memory, where an fsync costs nothing.
const files = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const work = mkdtempSync(join(files, 'flujo-conformance-page-'))
try {
  const given = process.argv.slice(2).map((file) => resolve(file))
  const reports = given.length > 0 ? given : HARNESSES.map(run)
  node([join(root, 'conformance/scripts/write-page.ts'), PAGE, ...reports], root)
} finally {
  rmSync(work, { recursive: true, force: true })
}

function run(harness, index) {
  const path = join(root, harness)
  if (!existsSync(path)) throw new Error(`There is no ${harness}.`)
  const report = join(work, `${index}.json`)
  // In the folder of the package, where its own dependencies are found.
  const folder = join(path, '../../..')
  // A failure is part of the page.
  const status = node([join(root, 'conformance/src/cli/bin.ts'), path, '--json', report], folder, [0, 1, 3])
  console.log(`${harness}: exit code ${status}`)
  return report
}

function node(args, cwd, fine = [0]) {
  const { status } = spawnSync(process.execPath, ['--import', loader, ...args], {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: work },
  })
  if (!fine.includes(status)) throw new Error(`${args[0]} ended with ${status}`)
  return status
}

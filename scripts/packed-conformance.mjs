// What a third party does with @flujo-state/conformance, from the packed tarball: the command in an empty project, in JavaScript
// and in TypeScript, and the suite under other test runners. Used by check-packages.mjs.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './setup.mjs'

const HARNESS = `import { InMemoryBackend } from '@flujo-state/memory'
export default { name: 'memory', create: ({ clock }) => new InMemoryBackend({ clock }) }
`
const FILES = {
  'harness.js': HARNESS,
  // Forgets everything.
  'broken.js': `import { InMemoryBackend } from '@flujo-state/memory'
export const harness = {
  name: 'broken',
  create: ({ clock }) => Object.assign(new InMemoryBackend({ clock }), { loadState: async () => null }),
}
`,
  'nonsense.js': "export default { name: 'nonsense', create: 'later' }\n",
  // Promises to survive, and has no hook to show it.
  'hookless.js': `import { InMemoryBackend } from '@flujo-state/memory'
export default {
  name: 'hookless',
  create: ({ clock }) => {
    const backend = new InMemoryBackend({ clock })
    const capabilities = Object.freeze({ ...backend.capabilities, persistence: 'crash' })
    return Object.defineProperty(backend, 'capabilities', { value: capabilities })
  },
}
`,
  'harness.ts': `import type { Harness } from '@flujo-state/conformance'
import { InMemoryBackend } from '@flujo-state/memory'
const harness: Harness = { name: 'typed', create: ({ clock }) => new InMemoryBackend({ clock }) }
export default harness
`,
  'caller.ts': `import { formatReport, type Harness, type Level, type Report, runConformance } from '@flujo-state/conformance'
import harness from './harness.js'
const slow: Harness = { ...harness, timeScale: 10, without: { spawn: 'one process owns it' } }
const report: Report = await runConformance(slow, { only: ['STA-01'], seed: 1, onProgress: ({ id }) => id.length })
const reached: readonly Level[] = report.levels.filter((each) => each.reached).map(({ level }) => level)
console.log(formatReport(report), reached, report.cases[0]?.transcript)
`,
}

/** @param compile checks a caller's types */
export function tryCommand(folder, compile) {
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
  // The whole suite once, as a user would run it; then what is quick.
  expectRun(
    folder,
    ['./harness.js', '--json', 'report.json', '--badge', 'badge.svg'],
    0,
    /^memory\n[\s\S]*\nreached: full\n$/,
  )
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  if (!report.ok || report.zones.length !== 6) throw new Error('the JSON report is not that of a whole run')
  expectRun(folder, ['./broken.js', '--only', 'STA', '--no-time-zones'], 1, /FAIL STA-01: /)
  expectRun(folder, ['./nonsense.js'], 2, /`create` must be a function/)
  expectRun(
    folder,
    ['./hookless.js', '--only', 'STA,DUR-01', '--no-time-zones'],
    3,
    /not run, needs the harness's `reopen`: DUR-01/,
  )
  const tsx = pathToFileURL(createRequire(join(root, 'conformance/package.json')).resolve('tsx')).href
  expectRun(folder, ['--import', tsx, './harness.ts', '--only', 'STA-01'], 0, /^typed\n/)
  if (!process.features.typescript) expectRun(folder, ['./harness.ts'], 2, /--import tsx \.\/harness\.ts/)
  expectRun(folder, ['--self-test', '--only', 'STA,DUR-01'], 0, /^(\d+) of \1 broken backends caught/)
  compile(folder, 'caller.ts')
}

/** As `npx` finds it: through the package's own name. */
function expectRun(folder, args, code, output) {
  const ended = spawnSync('npx', ['--no-install', '@flujo-state/conformance', ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  const text = ended.stdout + ended.stderr
  if (ended.status !== code) throw new Error(`${args.join(' ')}: exit code ${ended.status}, expected ${code}\n${text}`)
  if (!output.test(ended.stdout) && !output.test(ended.stderr)) throw new Error(`${args.join(' ')} said:\n${text}`)
}

export const RUNNERS = { jest: '^30', mocha: '^11', vitest: '^4' }

const SUITE = `import { register } from '@flujo-state/conformance'
import harness from './harness.js'
register({ describe, it }, harness, { only: ['STA', 'VAL-09', 'TIM', 'CAP', 'DUR-01', 'MDL-01'], seed: 7 })
`

/** Each with the module that gives `describe` and `it`, what starts it, and what it says in the end. */
const STARTS = {
  'node:test': [
    'node:test',
    ['--test-reporter', 'tap', 'suite.mjs'],
    /^# pass \d{3}\n[\s\S]*^# fail 0\n[\s\S]*^# skipped 1$/m,
  ],
  mocha: [null, ['node_modules/mocha/bin/mocha.js', 'suite.mjs'], /\d{3} passing[\s\S]*1 pending/],
  jest: [
    '@jest/globals',
    ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testMatch', '**/suite.mjs'],
    /Tests: +1 skipped, \d{3} passed/,
  ],
  vitest: [
    'vitest',
    ['node_modules/vitest/vitest.mjs', 'run', '--dir', '.', '--config', 'vitest.config.mjs'],
    /Tests +\d{3} passed \| 1 skipped/,
  ],
}

export function tryRunners(folder) {
  writeFileSync(join(folder, 'harness.js'), HARNESS)
  writeFileSync(join(folder, 'vitest.config.mjs'), "export default { test: { include: ['suite.mjs'] } }\n")
  for (const [name, [module, args, output]] of Object.entries(STARTS)) {
    const head = module ? `import { describe, it } from '${module}'\n` : ''
    writeFileSync(join(folder, 'suite.mjs'), head + SUITE)
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    })
    const text = stdout + stderr
    if (status !== 0 || !output.test(text))
      throw new Error(`under ${name} (exit code ${status}):\n${text.slice(-3000)}`)
  }
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Report } from '../src/index.js'
import { allRules } from '../src/rules.js'
import { withdrawnRules } from '../src/withdrawn.js'
import { cli } from './support/cli.js'
import { harnessFile } from './support/command.js'

const folder = mkdtempSync(join(tmpdir(), 'flujo-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const here = '--no-time-zones'
const [right, wrong, withoutHooks, two] = ['right', 'wrong', 'without-hooks', 'two'].map(harnessFile) as [
  string,
  string,
  string,
  string,
]

describe('the exit code', () => {
  it('is 0 when everything that was asked for passes', async () => {
    const { code, stdout, stderr } = await cli(
      right,
      here,
      '--only',
      'STA-01,CAP',
      '--only',
      'STA-23[lastStepOutput, falsy]',
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^right\n {2}contract 1\.0/)
    expect(stdout).toMatch(/\nok: \d+ pass\nreached: nothing, as only a part of the rules was run\n$/)
  })

  it('is 1 when a rule fails, and says how to run it again', async () => {
    const { code, stdout } = await cli(wrong, here, '--only', 'STA-01,STA-02', '--seed', '7')
    expect(code).toBe(1)
    expect(stdout).toContain('FAIL STA-02: An id that was never saved loads as null.\n')
    expect(stdout).toContain(`again: npx @flujo-state/conformance ${wrong} --only STA-02 --seed 7\n`)
    expect(stdout).toMatch(/\nNOT OK: 2 fail\n/)
  })

  it('is 3 when a rule was not run for want of a hook, and 0 when the harness says why there is none', async () => {
    const missing = await cli(withoutHooks, here, '--only', 'STA-01,DUR-01')
    expect(missing.code).toBe(3)
    expect(missing.stdout).toContain("not run, needs the harness's `reopen`: DUR-01\n")
    const excused = await cli(withoutHooks, here, '--only', 'STA-01,CON-05')
    expect(excused.code).toBe(0)
    expect(excused.stdout).toContain('not run, one process owns it: CON-05\n')
    // Running nothing is no success.
    expect((await cli(withoutHooks, here, '--only', 'CON-05')).code).toBe(3)
  })

  it('is that of the worst of several backends', async () => {
    const { code, stdout } = await cli(two, here, '--only', 'STA-02')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^the first\n[\s\S]*\nok: 1 pass\n[\s\S]*\nNOT OK: 1 fail\n/)
  })

  it('ends after the first failure if asked', async () => {
    expect((await cli(wrong, here, '--only', 'STA-01,STA-02', '--bail')).stdout).toMatch(/\nNOT OK: 1 fail\n/)
  })
})

describe('a wrong harness or command line is 2, with a word about what to do', () => {
  const modules: Record<string, [string, RegExp]> = {
    'no harness': ['export const other = 1', /exports no harness: expected `export default \{ name, create \}`/],
    'a function': ['export default () => {}', /exports a function: expected/],
    'no backend': ['export default []', /exports an empty array/],
    'what throws': ['throw new Error("no server")', /cannot be loaded: Error: no server/],
    'a syntax error': ['export default {', /cannot be loaded/],
    'no create': ['export default { name: "x" }', /`create` must be a function/],
    'a hook that is none': ['export default { name: "x", create() {}, second: 1 }', /`second` must be a function/],
    'a misspelt hook': ['export default { name: "x", create() {}, reOpen() {} }', /has no member `reOpen`/],
    'an unknown reason': ['export default { name: "x", create() {}, without: { x: "y" } }', /`without` names `x`/],
    'an unknown rule': ['export default { name: "x", create() {}, expectFail: { "AAA-01": "y" } }', /AAA-01.*no rule/],
    'a create that fails': ['export default { name: "x", create() { throw Error("down") } }', /create failed: .*down/],
    'another contract': [
      'export default { name: "x", create: () => ({ contractVersion: "2.0", async shutdown() {} }) }',
      /x is of contract 2\.0, this suite of 1\.\d+: a newer version of @flujo-state\/conformance is needed/,
    ],
  }
  it.each(Object.entries(modules))('%s', async (name, [source, message]) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.mjs`)
    writeFileSync(file, source)
    const { code, stdout, stderr } = await cli(file, here)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  const lines: Record<string, [string[], RegExp]> = {
    'no harness': [[], /which harness\?/],
    'a file that is not there': [['./nowhere.js'], /there is no file .*nowhere\.js/],
    'two of them': [[right, wrong], /one harness at a time/],
    'a loader that is not there': [[right, '--import', 'no-such-loader'], /npm install --save-dev no-such-loader/],
    'an unknown option': [[right, '--onyl', 'STA'], /Unknown option '--onyl'/],
    'an unknown rule': [[right, '--only', 'STA-01,STA-999'], /no rule is named by 'STA-999'/],
    'a rule in small letters': [[right, '--only', 'sta'], /did you mean STA\?/],
    'an unknown variant': [[right, '--only', 'VAL-09[x]'], /VAL-09 has no such variant/],
    'an unknown level': [[right, '--level', 'best'], /--level is one of core, admin, full, not 'best'/],
    'a number of jobs that is none': [[right, '--jobs', '0'], /--jobs is a whole number from 1/],
    'a seed that is none': [[right, '--seed', '1.5'], /--seed is a whole number/],
    'a start that is none': [[right, '--start', 'noon'], /--start is a time/],
    'two reports in one': [[right, '--json', '--junit'], /--json and --junit cannot both/],
    'two actions': [['--list', '--self-test'], /do not go together/],
    'a harness for the list': [['--list', right], /takes no harness/],
  }
  it.each(Object.entries(lines))('%s', async (_, [args, message]) => {
    const { code, stdout, stderr } = await cli(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})

describe('reports', () => {
  it('go to standard output without a file, and the readable one steps aside', async () => {
    const { code, stdout, stderr } = await cli('--json', right, here, '--only', 'STA-02', '--seed', '42')
    const report = JSON.parse(stdout) as Report
    expect(report).toMatchObject({ schemaVersion: 1, backend: 'right', seed: 42, ok: true, counts: { pass: 1 } })
    expect(report.cases.map(({ id, outcome }) => [id, outcome])).toEqual([['STA-02', 'pass']])
    expect(code).toBe(0)
    expect(stderr).toContain('ok: 1 pass')
  })

  it('go to files, all at once; the JSON of several backends is a list', async () => {
    const file = (name: string) => join(folder, name)
    const { stdout } = await cli(
      ...[two, here, '--only', 'STA-02', '--json', file('r.json'), '--junit', file('r.xml')],
      ...['--markdown', file('r.md'), `--badge=${file('badge')}`],
    )
    expect(stdout).toContain('NOT OK')
    const read = (name: string) => readFileSync(file(name), 'utf8')
    expect((JSON.parse(read('r.json')) as Report[]).map(({ ok }) => ok)).toEqual([true, false])
    expect(read('r.xml')).toMatch(/^<\?xml/)
    expect(read('r.md')).toContain('| STA | 1 pass | 1 fail |')
    expect(read('badge')).toMatch(/^<svg /)
  })

  it('do not let a backend speak to the terminal', async () => {
    const { stdout, stderr } = await cli(wrong, here, '--only', 'STA-02', '--markdown')
    expect(stdout + stderr).toContain('\\u001b]0;owned\\u0007')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stdout + stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
  })

  it('that cannot be written are a mistake of the caller', async () => {
    const { code, stderr } = await cli(right, here, '--only', 'STA-02', '--json', join(folder, 'no', 'r.json'))
    expect(code).toBe(2)
    expect(stderr).toContain('cannot be written')
  })
})

describe('words about the rules', () => {
  it('the list has every rule', async () => {
    const { code, stdout } = await cli('--list')
    expect(code).toBe(0)
    for (const { id, statement } of allRules) expect(stdout).toContain(`  ${id} ${statement}`)
    for (const { id, reason } of withdrawnRules)
      expect(stdout).toMatch(new RegExp(`${id} .*\\n    ${reason.slice(0, 20)}`))
    expect((await cli('--list', '--only', 'DUR-01')).stdout).toMatch(
      /DUR-01 .* \(needs reopen\)\n\n1 rules, 1 cases\n$/,
    )
  })

  it('an explanation says what a rule needs, its variants, and what it catches', async () => {
    const { code, stdout } = await cli('--explain', 'DUR-01,CAP-02')
    expect(code).toBe(0)
    expect(stdout).toMatch(/DUR-01: .*\n {2}level {5}full; must\n {2}needs {5}reopen \(mark \+persistent\)/)
    expect(stdout).toMatch(/catches {3}\d+ of \d+ broken backends:\n[\s\S]* {4}memory-only: nothing is there/)
    expect(stdout).toContain('CAP-02[claims]')
  })

  it('help shows every option, and a version is one', async () => {
    const { code, stdout } = await cli('--help')
    expect(code).toBe(0)
    for (const option of [
      'json',
      'junit',
      'markdown',
      'badge',
      'only',
      'list',
      'explain',
      'seed',
      'self-test',
      'jobs',
      'level',
    ])
      expect(stdout).toContain(`  --${option} `)
    expect((await cli('--version')).stdout).toMatch(/^@flujo-state\/conformance \S+, contract 1\.\d+\n$/)
  })
})

describe('the self-test', () => {
  it('can be for one broken backend, and knows when it is for none', async () => {
    expect((await cli('--self-test', '--only', 'memory-only')).stdout).toMatch(/^1 of 1 /)
    expect(await cli('--self-test', '--only', 'nobody')).toMatchObject({ code: 2, stdout: '' })
  })

  it('tries the broken backends on the rules they name, and says how many were caught', async () => {
    const { code, stdout } = await cli('--self-test', '--only', 'STA-02')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^(\d+) of \1 broken backends caught in \d+\.\d s \(seed 20261122\)\n$/)
  })
})

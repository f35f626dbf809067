import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bundle } from '../../bundle.shared.js'
import { referenceHarness } from '../src/reference.js'
import { type Runner, registerRules } from '../src/register.js'
import { rule } from '../src/rule.js'

interface Defined {
  readonly title: string
  readonly run: () => Promise<void>
  readonly timeoutMs: number | undefined
}

/** A runner that only writes down. */
function notebook() {
  const suites: string[] = []
  const tests: Defined[] = []
  const skipped: string[] = []
  const it: Runner['it'] = Object.assign(
    (title: string, run: () => Promise<void>, timeoutMs?: number) => void tests.push({ title, run, timeoutMs }),
    { skip: (title: string) => void skipped.push(title) },
  )
  const runner: Runner = {
    it,
    describe: (name, define) => {
      suites.push(name)
      define()
    },
  }
  return { runner, suites, tests, skipped }
}

describe('register', () => {
  const rules = [
    rule('AAA-01', 'It passes.', {}, async (t) => t.assert.equal(await t.backend.loadState('a'), null)),
    rule('AAA-02', 'It fails.', { timeoutMs: 100 }, async (t) => t.assert.equal(await t.backend.loadState('a'), 1)),
    rule('BBB-01', 'It spawns.', { needs: ['spawn'] }, async () => {}),
  ]

  it('defines a test for each rule, by area, and skips what needs a hook, saying which', () => {
    const { runner, suites, tests, skipped } = notebook()
    registerRules(rules, runner, { ...referenceHarness('mine'), timeScale: 2 }, {})
    expect(suites).toEqual(['mine keeps the contract', 'AAA', 'BBB'])
    expect(tests.map(({ title, timeoutMs }) => [title, timeoutMs])).toEqual([
      ['AAA-01 It passes.', 30_000],
      ['AAA-02 It fails.', 10_400],
    ])
    expect(skipped).toEqual(["BBB-01 It spawns. (not run: needs the harness's `spawn`)"])
  })

  it('says the reason that the harness gives', () => {
    const { runner, skipped } = notebook()
    registerRules(rules, runner, { ...referenceHarness(), without: { spawn: 'one process owns it' } }, { only: 'BBB' })
    expect(skipped).toEqual(['BBB-01 It spawns. (not run: one process owns it)'])
  })

  it('lets a test fail with all that is known', async () => {
    const { runner, tests } = notebook()
    registerRules(rules, runner, referenceHarness(), { seed: 42 })
    await tests[0]?.run()
    const failure = expect(tests[1]?.run()).rejects
    await failure.toThrow(/^FAIL AAA-02: It fails\.\n {2}at \$: expected 1, got null/)
  })

  it('works under node:test', async () => {
    const file = bundle(new URL('support/node-test.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--test-reporter', 'tap', file])
    expect(stdout).toMatch(/ok \d+ - STA-02 An id that was never saved loads as null\./)
    expect(stdout).toMatch(/ok \d+ - DUR-01 .*not run: needs the harness's `reopen`.* # SKIP/)
    expect(stdout).toMatch(/^# fail 0$/m)
  })
})

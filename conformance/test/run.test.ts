import { createStateBackend, defineCapabilities, type StateBackend } from '@flujo-state/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Harness } from '../src/harness.js'
import { referenceHarness } from '../src/reference.js'
import { ReferenceStore, Tables } from '../src/reference-store.js'
import { formatReport } from '../src/reports/text.js'
import { type Rule, rule, ruleFor } from '../src/rule.js'
import { casesOf, runRules } from '../src/run.js'

const passing = rule('AAA-01', 'It passes.', {}, async (t) => t.assert.equal(await t.backend.loadState('a'), null))

async function one(rule: Rule, harness: Harness = referenceHarness()) {
  const { cases } = await runRules([rule], harness)
  return cases[0] ?? expect.fail('no result')
}

describe('the outcome of a rule', () => {
  it('is pass, with what it did', async () => {
    expect(await one(passing)).toMatchObject({ outcome: 'pass', cause: null, assertions: 1, calls: 1, transcript: [] })
  })

  it('is fail when an assertion fails, with the sentence, the difference and the last calls', async () => {
    const failing = rule('AAA-02', 'It fails.', {}, async (t) => {
      for (let n = 0; n < 20; n++) await t.backend.loadState(`run-${n}`)
      t.assert.equal(await t.backend.loadState('a'), {})
    })
    const result = await one(failing)
    expect(result).toMatchObject({ outcome: 'fail', cause: 'assertion', statement: 'It fails.', calls: 21 })
    expect(result.message).toContain('expected {}, got null')
    expect(result.transcript).toHaveLength(10)
    expect(result.transcript.at(-1)).toBe('backend.loadState("a") → null')
  })

  it('is fail when a call rejects that the rule did not expect to', async () => {
    const result = await one(
      rule('AAA-03', 'It is refused.', {}, async (t) => {
        t.assert.ok(true, 'so far')
        await t.backend.loadState('')
      }),
    )
    expect(result).toMatchObject({ outcome: 'fail', cause: 'rejection' })
    expect(result.message).toContain('VALIDATION')
  })

  it('is fail when it does not end in time', async () => {
    const result = await one(
      rule('AAA-04', 'It hangs.', { timeoutMs: 5 }, async (t) => {
        await t.backend.loadState('a')
        await new Promise(() => {})
      }),
    )
    expect(result).toMatchObject({ outcome: 'fail', cause: 'timeout', message: 'did not end within 5 ms' })
  })

  it('takes the time limit times the scale of the harness', async () => {
    const hanging = rule('AAA-04', 'It hangs.', { timeoutMs: 2 }, () => new Promise(() => {}))
    expect((await one(hanging, { ...referenceHarness(), timeScale: 4 })).message).toBe('did not end within 8 ms')
  })

  it('is error when the rule asserts nothing, calls nothing, or breaks', async () => {
    const nothing = rule('AAA-05', 'It asserts nothing.', {}, async (t) => void (await t.backend.loadState('a')))
    expect(await one(nothing)).toMatchObject({
      outcome: 'error',
      cause: 'suite',
      message: 'the rule made no assertion',
    })
    const noCall = rule('AAA-06', 'It calls nothing.', {}, async (t) => t.assert.ok(true, 'fine'))
    expect(await one(noCall)).toMatchObject({ outcome: 'error', message: 'the rule made no call of the backend' })
    const broken = rule('AAA-07', 'It breaks.', {}, async () => {
      throw new TypeError('oops')
    })
    expect(await one(broken)).toMatchObject({ outcome: 'error', cause: 'suite' })
  })

  it('is not-run when the harness lacks a hook, and the rule is not called', async () => {
    const needy = rule('AAA-08', 'It reopens.', { needs: ['reopen'] }, () => expect.fail('it was called'))
    const { create } = referenceHarness()
    const result = await one(needy, { name: 'poor', create })
    expect(result).toMatchObject({
      outcome: 'not-run',
      reason: "needs the harness's `reopen`",
      hook: 'reopen',
      calls: 0,
    })
    expect(result.excused).toBe(false)
  })

  it('is error when the harness fails', async () => {
    const fails = async () => {
      throw new Error('no server')
    }
    expect(await one(passing, { name: 'down', create: fails })).toMatchObject({ outcome: 'error', cause: 'harness' })
    expect(await one(passing, { ...referenceHarness(), destroy: fails })).toMatchObject({
      outcome: 'error',
      message: expect.stringContaining('no server'),
    })
  })

  it('is xfail or xpass for what the harness expects to fail', async () => {
    const failing = rule('AAA-09', 'It fails.', {}, async (t) => t.assert.equal(await t.backend.loadState('a'), 1))
    const harness = { ...referenceHarness(), expectFail: { 'AAA-01': 'we thought so', 'AAA-09': 'known' } }
    const report = await runRules([passing, failing], harness)
    expect(report.cases.map(({ outcome }) => outcome)).toEqual(['xpass', 'xfail'])
    expect(report.ok).toBe(false)
  })
})

describe('a group that is declared missing', () => {
  const rules = [
    rule('AAA-10', 'It counts.', { requires: ['stats'] }, async (t) =>
      t.assert.equal((await t.backend.getWorkflowStats()).totalWorkflows, 0),
    ),
  ]
  class NoStatistics extends ReferenceStore {
    override readonly capabilities = defineCapabilities({
      persistence: 'none',
      multiInstance: 'none',
      missing: ['stats'],
    })
  }
  const harness = (wrap = (backend: StateBackend) => backend): Harness => ({
    name: 'without statistics',
    create: ({ clock }) => wrap(createStateBackend(new NoStatistics(new Tables()), { clock })),
  })

  it('is absent-ok when its methods refuse', async () => {
    expect((await runRules(rules, harness())).cases[0]).toMatchObject({ outcome: 'absent-ok', assertions: 2 })
  })

  it('fails when they work all the same, or are empty', async () => {
    const lying = harness(
      (backend) =>
        new Proxy(backend, {
          get: (target, key) => {
            const member: unknown = Reflect.get(target, key, target)
            if (key === 'getWorkflowStats') return async () => ({ totalWorkflows: 0 })
            return typeof member === 'function' ? member.bind(target) : member
          },
        }),
    )
    expect((await runRules(rules, lying)).cases[0]).toMatchObject({ outcome: 'fail', cause: 'assertion' })
  })

  it('can be missing for one variant only', async () => {
    const some = ruleFor(
      'AAA-11',
      'It varies.',
      { variantRequires: (group) => [group] },
      { a: 'states', b: 'stats' } as const,
      async (t) => t.assert.equal(await t.backend.loadState('a'), null),
    )
    expect((await runRules([some], harness())).cases.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['AAA-11[a]', 'pass'],
      ['AAA-11[b]', 'absent-ok'],
    ])
  })
})

describe('what a rule leaves in the process', () => {
  const stain = (act: () => void) =>
    rule('AAA-12', 'It stains.', {}, async (t) => {
      t.assert.equal(await t.backend.loadState('a'), null)
      act()
    })
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, 'polluted')
    Reflect.deleteProperty(globalThis, 'leaked')
  })

  const stains: Record<string, [() => void, RegExp]> = {
    'a rejection that nobody handles': [() => void Promise.reject(new Error('forgotten')), /nobody handled.*forgotten/],
    'an exception outside of every call': [
      () =>
        void setImmediate(() => {
          throw new Error('thrown')
        }),
      /outside of every call.*thrown/,
    ],
    'output on the console': [() => console.log('noise'), /wrote with console.log/],
    'output on a stream': [() => void process.stderr.write(''), /wrote to stderr/],
    'a polluted prototype': [
      () => Reflect.set(Object.prototype, 'polluted', 1),
      /Object.prototype\[polluted\] was added/,
    ],
    'a new global': [() => Reflect.set(globalThis, 'leaked', 1), /globalThis\[leaked\] was added/],
  }
  it.each(Object.entries(stains))('%s fails it', async (_, [act, message]) => {
    const result = await one(stain(act))
    expect(result).toMatchObject({ outcome: 'fail', cause: 'process' })
    expect(result.message).toMatch(message)
  })

  it('is watched no longer afterwards', async () => {
    const handlers = process.listeners('unhandledRejection')
    const { write } = process.stdout
    await one(passing)
    expect(process.listeners('unhandledRejection')).toEqual(handlers)
    expect(process.stdout.write).toBe(write)
  })
})

describe('what is run', () => {
  const rules = [
    passing,
    ruleFor('BBB-01', 'It varies.', {}, { one: 1, two: 2 }, async (t, n) =>
      t.assert.equal(await t.backend.loadState(`${n}`), null),
    ),
  ]
  const ids = (only?: string | string[]) => casesOf(rules, only).map(({ id }) => id)

  it('is everything, an area, a rule or a variant', () => {
    expect(ids()).toEqual(['AAA-01', 'BBB-01[one]', 'BBB-01[two]'])
    expect(ids('BBB')).toEqual(['BBB-01[one]', 'BBB-01[two]'])
    expect(ids(['AAA-01', 'BBB-01[two]'])).toEqual(['AAA-01', 'BBB-01[two]'])
  })

  it('is never nothing', async () => {
    expect(() => ids('CCC')).toThrow(RangeError)
    await expect(runRules(rules, referenceHarness(), { only: 'BBB-09' })).rejects.toThrow(RangeError)
    expect(
      (await runRules([rule('AAA-08', 'It reopens.', { needs: ['faults'] }, async () => {})], referenceHarness())).ok,
    ).toBe(false)
  })

  it('is on a backend of its own, which is destroyed, whatever happens', async () => {
    const keys: string[] = []
    const destroyed: string[] = []
    const reference = referenceHarness()
    const harness: Harness = {
      ...reference,
      create: (env) => {
        keys.push(env.storageKey)
        return reference.create(env)
      },
      destroy: ({ storageKey }) => void destroyed.push(storageKey),
    }
    const failing = rule('AAA-13', 'It fails over two storages.', {}, async (t) => {
      await t.other()
      t.assert.fail('so')
    })
    await runRules([passing, failing, passing], harness)
    // One more to see what the backend declares.
    expect(new Set(keys).size).toBe(5)
    expect(destroyed).toEqual(keys)
    for (const key of keys) expect(key).toMatch(/^[a-z0-9-]{1,60}$/)
  })

  it('is told one by one, and reported as data and as text', async () => {
    const told: string[] = []
    const report = await runRules(rules, referenceHarness('mine'), { onProgress: ({ id }) => told.push(id) })
    expect(told).toEqual(['AAA-01', 'BBB-01[one]', 'BBB-01[two]'])
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(report).toMatchObject({ backend: 'mine', ok: true, counts: { pass: 3, fail: 0 } })
    expect(formatReport(report)).toMatch(
      /^mine\n {2}contract 1\.0, suite .*\n {2}AAA {2}1 pass\n {2}BBB {2}2 pass\n\nok: 3 pass\nreached: full$/s,
    )
  })

  it('tells of a failure what was promised and what came', async () => {
    const failing = rule('AAA-14', 'It promises much.', {}, async (t) =>
      t.assert.equal(await t.backend.loadState('a'), 1, 'the state'),
    )
    const text = formatReport(await runRules([failing], referenceHarness()))
    expect(text).toContain('FAIL AAA-14: It promises much.\n  the state: at $: expected 1, got null')
    expect(text).toContain('backend.loadState("a") → null')
    expect(text).toContain('NOT OK: 1 fail')
  })
})

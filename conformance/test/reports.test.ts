import { beforeAll, describe, expect, it } from 'vitest'
import { printable } from '../src/printable.js'
import { referenceHarness } from '../src/reference.js'
import type { Report } from '../src/report.js'
import { badge } from '../src/reports/badge.js'
import { junitReport } from '../src/reports/junit.js'
import { markdownReport } from '../src/reports/markdown.js'
import { COLOURED } from '../src/reports/style.js'
import { formatReport } from '../src/reports/text.js'
import { rule } from '../src/rule.js'
import { runRules } from '../src/run.js'

const HOSTILE = '\x1b[2J<b>|`"&]]>\u0000\u202e\ud800\ufffe'

let report: Report
beforeAll(async () => {
  const rules = [
    rule('STA-01', 'It passes.', {}, async (t) => t.assert.equal(await t.backend.loadState('a'), null)),
    rule('STA-02', 'It fails <b>.', {}, async (t) => {
      await t.backend.loadState(`a ${'\u202e'}`)
      t.assert.fail(`two\nlines ${HOSTILE}`)
    }),
    rule('STA-03', 'It is known.', {}, async (t) => {
      await t.backend.loadState('a')
      t.assert.fail('so')
    }),
    rule('DUR-01', 'It reopens.', { needs: ['reopen'] }, async () => {}),
  ]
  const { create } = referenceHarness()
  const expectFail = { 'STA-03': 'a bug' }
  report = await runRules(rules, { name: `b${HOSTILE}`, create, without: { reopen: 'no|disk' }, expectFail })
})

const reports = () => [report]
// Everything but lines and, in colour, the colours themselves.
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]/

describe('text', () => {
  it('tells everything, and nothing that a terminal would obey', () => {
    const text = formatReport(report, { command: 'npx x ./h.js', slow: true })
    expect(text).not.toMatch(CONTROL)
    expect(text).toContain('  STA  1 pass, 1 fail, 1 xfail')
    expect(text).toContain('FAIL STA-02: It fails <b>.\n  two\n  lines \\u001b[2J')
    expect(text).toContain('  the last calls:\n    backend.loadState("a \\u202e") → null')
    expect(text).toContain('again: npx x ./h.js --only STA-02 --seed 20261122')
    expect(text).toContain('expected to fail: STA-03 (a bug)')
    expect(text).toContain('not run, no|disk: DUR-01')
    expect(text).toContain('the slowest:\n')
    expect(text).toMatch(/level full is not reached: failed: STA-02; expected to fail: STA-03\nNOT OK: /)
  })

  it('has colours only if asked', () => {
    expect(formatReport(report, { style: COLOURED })).toContain('\x1b[31mNOT OK\x1b[39m')
  })
})

describe('JUnit', () => {
  it('is well-formed, whatever a backend says, and counts', () => {
    const xml = junitReport(reports())
    expect(xml).not.toMatch(CONTROL)
    expect(xml).not.toContain('\ufffe')
    expect(xml).toContain('<testsuites name="flujo-state conformance" tests="4" failures="1" errors="0" skipped="2"')
    expect(xml).toContain('name="STA-02 It fails &lt;b&gt;."')
    expect(xml).toContain('<failure type="assertion" message="two">')
    expect(xml).toContain('<skipped message="not-run: no|disk"/>')
    expect(xml).toContain('<skipped message="xfail: a bug"/>')
    expect(tagsOf(xml)).toEqual([])
  })

  /** What is open at the end; throws for what is closed and was not open. */
  function tagsOf(xml: string): string[] {
    const open: string[] = []
    const text = xml.replace(/^<\?xml[^>]*\?>/, '')
    expect(text.replace(/<\/?[a-z]+(?: [a-zA-Z]+="[^"<]*")*\/?>/g, '')).not.toMatch(/[<>]/)
    for (const [tag, slash, name = '', end] of text.matchAll(/<(\/?)([a-z]+)(?: [a-zA-Z]+="[^"<]*")*(\/?)>/g))
      if (slash) expect(open.pop(), tag).toBe(name)
      else if (!end) open.push(name)
    return open
  }
})

describe('Markdown', () => {
  it('is a table whose cells stay cells', () => {
    const lines = markdownReport(reports()).split('\n')
    const rows = lines.filter((line) => line.startsWith('|'))
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(3)
    expect(lines).toContain('| STA | 1 pass, 1 fail, 1 xfail |')
    expect(lines.join('\n')).not.toMatch(CONTROL)
    expect(lines).toContain('- not run, no\\|disk: DUR-01')
    expect(lines.find((line) => line.startsWith('- **STA-02**'))).toMatch(/It fails \\<b\\>\. ` two `$/)
  })
})

describe('the badge', () => {
  it('shows what was reached, without asking anybody', () => {
    const svg = badge(reports())
    expect(svg).toContain('no level')
    expect(svg).toContain('flujo-state 1.0')
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg'])
    const full = { ...report, levels: report.levels.map((each) => ({ ...each, reached: true })) }
    expect(badge([full])).toContain('>full</text>')
  })
})

it('printable text keeps letters of every kind, and lines', () => {
  expect(printable('añ日本🙂\n')).toBe('añ日本🙂\n')
  expect(printable('\t\x9b\u2028\udc00')).toBe('\\u0009\\u009b\\u2028\\udc00')
})

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { pageOf } from '../scripts/page.js'
import { referenceHarness } from '../src/reference.js'
import { cell } from '../src/reports/markdown.js'
import { allRules } from '../src/rules.js'
import { runConformance } from '../src/run-conformance.js'
import { withdrawnRules } from '../src/withdrawn.js'

const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| ([A-Z]{2,4}-\d+) \| (.*?)(?: \(\d+ variants\))?(?: \*\(should\)\*)? \| /gm)].map(
    ([, id, statement]) => `${id} ${statement}`,
  )

it('the page lists exactly the rules that there are, and those withdrawn (if not: pnpm conformance:page)', () => {
  const rules = [...allRules, ...withdrawnRules].map(({ id, statement }) => `${id} ${cell(statement)}`)
  expect(rowsOf(page)).toEqual([...rules].sort((a, b) => rowsOf(page).indexOf(a) - rowsOf(page).indexOf(b)))
})

it('no backend on the page fails a rule, or was not asked', () => {
  for (const word of ['FAIL', 'ERROR', 'unexpected pass', 'missing']) expect(page).not.toContain(`**${word}**`)
})

it('a page says for each rule what became of it, and why', async () => {
  const { create } = referenceHarness()
  const harness = { name: 'mine | ours', create, without: { reopen: 'it is gone then' } }
  const report = await runConformance(harness, { only: ['STA-02', 'DUR-01'] })
  const text = pageOf([report])
  expect(rowsOf(text)).toEqual(expect.arrayContaining(allRules.map(({ id, statement }) => `${id} ${cell(statement)}`)))
  expect(text).toContain('| rule | asks | mine \\| ours |')
  expect(text).toMatch(/^\| STA-02 \| .* \| pass \|$/m)
  expect(text).toMatch(/^\| STA-01 \| .* \| \*\*missing\*\* \|$/m)
  expect(text).toMatch(/^\| DUR-01 \| .* \| not run\[\^1\] \|$/m)
  expect(text).toContain('[^1]: it is gone then')
  // Nothing that differs from one run to the next.
  const later = { ...report, ms: report.ms + 1, cases: report.cases.map((each) => ({ ...each, ms: each.ms + 1 })) }
  expect(pageOf([{ ...later, environment: { ...report.environment, node: 'v99.0.0' } }])).toBe(text)
})

/** Lists every rule: `pnpm --filter @flujo-state/conformance rules`, with an area or a rule to see only those. */
import { areaOf } from '../src/report.js'
import { allRules } from '../src/rules.js'
import { casesOf } from '../src/run.js'

const only = process.argv.slice(2)
const cases = casesOf(allRules, only.length > 0 ? only : undefined)
const rules = allRules.filter((rule) => cases.some((each) => each.rule === rule))

for (const area of new Set(rules.map(({ id }) => areaOf(id)))) {
  const ofArea = rules.filter(({ id }) => areaOf(id) === area)
  console.log(`\n${area}: ${ofArea.length} rules, ${count(area)} cases`)
  for (const { id, statement, needs, variants } of ofArea) {
    const notes = [
      ...(variants ? [`${Object.keys(variants).length} variants`] : []),
      ...needs.map((hook) => `needs ${hook}`),
    ]
    console.log(`  ${id} ${statement}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`)
  }
}
console.log(`\n${rules.length} rules, ${cases.length} cases`)

function count(area: string): number {
  return cases.filter(({ rule }) => areaOf(rule.id) === area).length
}

/**
 * What broken backends fail beside what they break: `pnpm --filter @flujo-state/conformance collateral NAME…` (`--all` for all)
 * shows it, with `--write` it replaces their lines in src/broken/collateral-….ts, with `--add` it adds to them (what races with
 * something else fails more at one time than at another). Look at what it wrote: a fault that fails half of the suite wants to be
 * narrower.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { COLLATERAL } from '../src/broken/collateral.js'
import { brokenBackends } from '../src/broken/index.js'
import { failuresOf, SURVEY } from '../src/broken/trial.js'
import { areaOf } from '../src/report.js'
import { allRules } from '../src/rules.js'

const FILES = {
  'a-l': (name: string) => name.toLowerCase() < 'm',
  'm-z': (name: string) => name.toLowerCase() >= 'm',
}
const names = process.argv.slice(2).filter((each) => !each.startsWith('--'))
const chosen = brokenBackends.filter(({ name }) => names.includes(name) || process.argv.includes('--all'))
if (chosen.length === 0) throw new RangeError('name broken backends, or say --all')

const found: Record<string, string> = {}
for (const { name, breaks, harness } of chosen) {
  const failures = await failuresOf(harness, SURVEY)
  const named = new Set(breaks.map((each) => each.replace(/\[.*$/, '')))
  const beside = [...failures.keys()].filter((id) => !named.has(id))
  const before = process.argv.includes('--add') ? (COLLATERAL[name]?.split(' ') ?? []) : []
  const now = shortened(beside, named)
  const words = new Set([...before, ...now])
  found[name] = [...words].filter((each) => !words.has(areaOf(each))).join(' ')
  console.log(`${name}: ${found[name] || 'nothing else'}`)
  for (const id of beside) {
    const result = failures.get(id)
    if (result?.cause !== 'assertion')
      console.log(`  ${result?.id} (${result?.cause}): ${result?.message?.split('\n')[0]}`)
  }
}
if (process.argv.includes('--write') || process.argv.includes('--add')) write({ ...COLLATERAL, ...found })

/** An area whose rules fail nearly all is named instead of them. */
function shortened(ids: readonly string[], named: ReadonlySet<string>): string[] {
  const names = ids.map((id) => {
    const ofArea = allRules.filter((rule) => areaOf(rule.id) === areaOf(id))
    const failing = ofArea.filter((rule) => ids.includes(rule.id) || named.has(rule.id))
    return failing.length > 3 && failing.length / ofArea.length > 0.75 ? areaOf(id) : id
  })
  return [...new Set(names)]
}

function write(collateral: Readonly<Record<string, string>>): void {
  const known = new Set(brokenBackends.map(({ name }) => name))
  for (const [letters, belongs] of Object.entries(FILES)) {
    const file = new URL(`../src/broken/collateral-${letters}.ts`, import.meta.url)
    const lines = Object.entries(collateral)
      .filter(([name, beside]) => belongs(name) && known.has(name) && beside !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, beside]) => `  '${name}': '${beside}',\n`)
    const head = readFileSync(file, 'utf8').split('= {\n')[0]
    writeFileSync(file, `${head}= {\n${lines.join('')}}\n`)
  }
}

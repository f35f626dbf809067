// The other half of scripts/mutants.mjs, which bundles this file with the mutated sources and runs it as a process of its own.
import { allRules } from '../conformance/src/rules.ts'
import { casesOf, runCase } from '../conformance/src/run.ts'
import { InMemoryBackend } from '../packages/memory/src/index.ts'

/** No rule needs as long on this backend; a mutant that never answers does. */
const LONGEST_MS = 20_000

const harness = { name: 'memory', create: ({ clock }) => new InMemoryBackend({ clock }) }
const cases = new Map(
  casesOf(allRules).map(({ rule, ...each }) => {
    const timeoutMs = Math.min(rule.timeoutMs, LONGEST_MS)
    return [each.id, { ...each, rule: { ...rule, timeoutMs } }]
  }),
)

/** What the mutated code looks at and fills: which mutant is active, which case runs, how often the mutant was passed. */
globalThis.__stryker__ ??= {}
const switches = globalThis.__stryker__

const BAD = new Set(['fail', 'error', 'xpass'])

/** Each case that runs: its time and the mutants it passes. And the mutants passed while the modules were loaded. */
async function observe() {
  const times = {}
  for (const [id, each] of cases) {
    switches.currentTestId = id
    const { outcome, ms, message } = await runCase(each, harness)
    if (BAD.has(outcome)) throw new Error(`${id} fails without any mutant: ${message}`)
    if (outcome === 'pass') times[id] = ms
    process.send('alive')
  }
  return { times, ...switches.mutantCoverage }
}

/** Runs the cases until one finds the mutant. One that stumbles over it without an assertion counts if no other finds it. */
async function hunt(mutant, plan) {
  let stumbled = null
  for (const { id, hits } of plan) {
    Object.assign(switches, { activeMutant: mutant, hitCount: 0, hitLimit: 1000 + hits * 100 })
    const { outcome, cause } = await runCase(cases.get(id), harness)
    if (cause === 'timeout' || switches.hitCount > switches.hitLimit) return { status: 'timeout', by: id }
    if (outcome === 'fail') return { status: 'killed', by: id }
    if (BAD.has(outcome)) stumbled ??= { status: 'crashed', by: id }
    process.send('alive')
  }
  return stumbled ?? { status: plan.length > 0 ? 'survived' : 'uncovered', by: null }
}

process.on('message', async ({ mutant, plan }) => {
  process.send(await (mutant === null ? observe() : hunt(mutant, plan)))
})
process.send('ready')

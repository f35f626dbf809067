import { casesOf } from '../cases.js'
import { levelOf, MARKS } from '../level.js'
import { printableLine } from '../printable.js'
import { areaOf } from '../report.js'
import type { Rule } from '../rule.js'
import { allRules } from '../rules.js'
import { withdrawnRules } from '../withdrawn.js'

function chosen(only: readonly string[] | undefined): { rules: Rule[]; cases: ReturnType<typeof casesOf> } {
  const cases = casesOf(allRules, only)
  return { cases, rules: allRules.filter((rule) => cases.some((each) => each.rule === rule)) }
}

/** Every rule (or those named) by area, one a line. */
export function listText(only: readonly string[] | undefined): string {
  const { rules, cases } = chosen(only)
  const areas = [...new Set(rules.map(({ id }) => areaOf(id)))]
  const lines = areas.flatMap((area) => {
    const own = rules.filter(({ id }) => areaOf(id) === area)
    const number = cases.filter(({ rule }) => areaOf(rule.id) === area).length
    return [`${area} (level ${levelOf(area)}): ${own.length} rules, ${number} cases`, ...own.map(ruleLine), '']
  })
  const withdrawn = only === undefined ? withdrawnLines() : []
  return `${[...lines, ...withdrawn, `${rules.length} rules, ${cases.length} cases`].join('\n')}\n`
}

function withdrawnLines(): string[] {
  const lines = withdrawnRules.flatMap(({ id, statement, reason }) => [`  ${id} ${statement}`, `    ${reason}`])
  return ['withdrawn, or made impossible by the contract:', ...lines, '']
}

function ruleLine({ id, statement, needs, variants }: Rule): string {
  const notes = [
    ...(variants ? [`${Object.keys(variants).length} variants`] : []),
    ...needs.map((hook) => `needs ${hook}`),
  ]
  return `  ${id} ${statement}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`
}

/** What a rule asks, what it needs, and what it catches. */
export async function explainText(names: readonly string[]): Promise<string> {
  // Many modules that nothing else needs.
  const { brokenBackends } = await import('../broken/index.js')
  const { rules } = chosen(names)
  const texts = rules.map((rule) => {
    const caught = brokenBackends.filter(({ breaks }) => breaks.some((id) => id.replace(/\[.*$/s, '') === rule.id))
    return [
      `${rule.id}: ${rule.statement}`,
      `  level     ${levelOf(areaOf(rule.id))}; ${rule.level}`,
      `  needs     ${rule.needs.map((hook) => `${hook} (mark +${MARKS[hook]})`).join(', ') || 'no hook'}`,
      `  requires  ${requirements(rule).join(', ') || 'no group of methods'}`,
      `  limit     ${rule.timeoutMs} ms, times the harness's timeScale`,
      ...variantLines(rule),
      ...(caught.length > 0 ? [`  catches   ${caught.length} of ${brokenBackends.length} broken backends:`] : []),
      ...caught.map(({ name, wrong }) => `    ${name}: ${wrong}`),
    ].join('\n')
  })
  return `${texts.join('\n\n')}\n`
}

function requirements({ requires, persistence, multiInstance }: Rule): string[] {
  return [
    ...requires,
    ...(persistence === 'none' ? [] : [`persistence ${persistence}`]),
    ...(multiInstance === 'none' ? [] : [`multiInstance ${multiInstance}`]),
  ]
}

function variantLines({ id, variants, variantRequires }: Rule): string[] {
  if (variants === undefined) return []
  const names = Object.entries(variants).map(([name, variant]) => {
    const groups = variantRequires?.(variant) ?? []
    return `    ${printableLine(`${id}[${name}]`)}${groups.length > 0 ? ` (requires ${groups.join(', ')})` : ''}`
  })
  return [`  variants  ${names.length}:`, ...names]
}

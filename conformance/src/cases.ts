import type { Rule } from './rule.js'
import { show } from './show.js'

/** One test: a rule, or one variant of it. */
export interface Case {
  readonly rule: Rule
  readonly variant: string | null
  /** `id` or `id[variant]`. */
  readonly id: string
}

/** The cases of these rules that `only` names. @throws `RangeError` if it names none: nothing must pass by running nothing */
export function casesOf(rules: readonly Rule[], only?: string | readonly string[]): Case[] {
  const all = rules.flatMap((rule): Case[] => {
    if (rule.variants === undefined) return [{ rule, variant: null, id: rule.id }]
    return Object.keys(rule.variants).map((variant) => ({ rule, variant, id: `${rule.id}[${variant}]` }))
  })
  if (only === undefined) return all
  const names = [only].flat()
  const chosen = all.filter(({ rule, id }) =>
    names.some((name) => name === id || name === rule.id || rule.id.startsWith(`${name}-`)),
  )
  if (chosen.length === 0) throw new RangeError(`no rule is named by ${names.map(show).join(', ')}`)
  return chosen
}

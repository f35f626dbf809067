import type { CapabilityGroup, MultiInstance, Persistence } from '@flujo-state/core'
import type { RuleContext } from './context.js'

/** What a harness may offer beside `create`: a rule that needs one it does not have is reported as not run. */
export type Hook = 'reopen' | 'second' | 'spawn' | 'storage' | 'faults'

/** A rule is data: one id, one sentence, one function. The same table makes the tests, the list and the report. */
export interface Rule {
  /** `AREA-NN`, never used again for another rule. */
  readonly id: string
  /** One sentence, shown on failure. */
  readonly statement: string
  readonly level: 'must' | 'should'
  /** A backend that declares one of these missing is checked for refusing it instead. */
  readonly requires: readonly CapabilityGroup[]
  /** What a single variant requires beyond that. */
  variantRequires?(variant: unknown): readonly CapabilityGroup[]
  readonly needs: readonly Hook[]
  /** A backend that declares less is not asked: it promises nothing of the kind. */
  readonly persistence: Persistence
  readonly multiInstance: MultiInstance
  /** The same rule over a table; each is reported as `id[name]`. */
  readonly variants?: Readonly<Record<string, unknown>>
  /** Milliseconds, times the harness's `timeScale`. */
  readonly timeoutMs: number
  run(t: RuleContext, variant: unknown): Promise<void>
}

export interface RuleOptions {
  readonly requires?: readonly CapabilityGroup[]
  readonly needs?: readonly Hook[]
  /** What the backend must declare at least ['none']. */
  readonly persistence?: Persistence
  readonly multiInstance?: MultiInstance
  readonly level?: 'must' | 'should'
  readonly timeoutMs?: number
}

const ID = /^[A-Z]{2,4}-\d{2,3}$/
const TIMEOUT_MS = 5_000

function header(id: string, statement: string, options: RuleOptions) {
  if (!ID.test(id)) throw new TypeError(`rule id '${id}' is not of the form AREA-NN`)
  const { requires = [], needs = [], persistence = 'none', multiInstance = 'none' } = options
  const { level = 'must', timeoutMs = TIMEOUT_MS } = options
  return { id, statement, requires, needs, persistence, multiInstance, level, timeoutMs }
}

export function rule(
  id: string,
  statement: string,
  options: RuleOptions,
  run: (t: RuleContext) => Promise<void>,
): Rule {
  return { ...header(id, statement, options), run }
}

/** A rule that runs once for each of the named variants. */
export function ruleFor<V>(
  id: string,
  statement: string,
  options: RuleOptions & { readonly variantRequires?: (variant: V) => readonly CapabilityGroup[] },
  variants: Readonly<Record<string, V>>,
  run: (t: RuleContext, variant: V) => Promise<void>,
): Rule {
  return {
    ...header(id, statement, options),
    variants,
    variantRequires: (variant) => options.variantRequires?.(variant as V) ?? [],
    // As it was given, not wrapped: its text is part of the digest of the rules.
    run: run as Rule['run'],
  }
}

/** What is no comparison but has a limit of its own, or is only shown: each is measured in a process of its own. */
import type { Place, Settings } from '../subjects/place.js'

export interface BoundResult {
  readonly what: string
  readonly place: string
  /** By name, all in the same unit. */
  readonly figures: Readonly<Record<string, number>>
  readonly unit: string
  /** What none of the figures may exceed; null where they are only shown, as times of a busy machine must be. */
  readonly limit: number | null
  /** What is wrong; null if nothing is. */
  readonly problem: string | null
}

/** Where a bound is measured, and how large. */
export interface Ground {
  readonly folder: string
  readonly settings: Settings
  readonly say: (text: string) => void
}

export interface Bound {
  /** `<what> · <place>`: what `--only` looks at. Unique. */
  readonly id: string
  readonly measure: (ground: Ground) => Promise<BoundResult[]>
}

type Figures = Pick<BoundResult, 'what' | 'figures' | 'unit'> & { readonly limit?: number }

/** @param measure gives the figures; sizes that measure nothing are not judged */
export function bound(name: string, place: Place, measure: (ground: Ground) => Promise<Figures[]>): Bound {
  return {
    id: `${name} · ${place.name}`,
    async measure(ground) {
      const all = await measure(ground)
      return all.map(({ limit, ...result }) => {
        const judged = limit === undefined || ground.settings.quick ? null : limit
        return { ...result, place: place.name, limit: judged, problem: problemOf(result, judged) }
      })
    },
  }
}

function problemOf({ figures, unit }: Pick<Figures, 'figures' | 'unit'>, limit: number | null): string | null {
  if (limit === null) return null
  const beyond = Object.keys(figures).filter((name) => !((figures[name] ?? Number.NaN) <= limit))
  return beyond.length === 0 ? null : `${beyond.join(' and ')} above ${limit} ${unit}`
}

/** The number of this size of benchmark. */
export function sized({ quick, full }: Settings, sizes: { quick: number; normal: number; full: number }): number {
  return quick ? sizes.quick : full ? sizes.full : sizes.normal
}

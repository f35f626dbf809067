import type { Point } from '../harness/contest.js'
import type { ContestResult } from '../harness/measure.js'
import type { Results } from '../results.js'
import type { Plot, Series } from './plot.js'

const PLACE = 'sqlite normal'
const KB = 1024

/** The plots that the results have enough points for, by file name. */
export function plotsOf({ results }: Pick<Results, 'results'>): Record<string, Plot> {
  const here = results.filter(({ place }) => place === PLACE)
  const all = { 'steps.svg': stepPlot(here), 'payload.svg': payloadPlot(here), 'rows.svg': rowPlot(here) }
  const isDrawable = ({ series }: Plot) => series.length > 0 && series.every(({ points }) => points.length > 1)
  return Object.fromEntries(Object.entries(all).filter(([, plot]) => isDrawable(plot)))
}

function stepPlot(results: readonly ContestResult[]): Plot {
  const curves = (pattern: RegExp, side: string, name: string): Series[] =>
    results
      .filter(({ work }) => pattern.test(work))
      .map(({ sides }) => ({ name, points: sides[side]?.curve ?? [], isControl: side === 'control' }))
  return {
    title: 'One step, by the length of the history (SQLite, normal)',
    xLabel: 'steps before',
    yLabel: 'milliseconds',
    xTick: count,
    series: [
      ...curves(/steps \/ rewriting/, 'ours', 'ours, saveStepResult'),
      ...curves(/growing saveState/, 'ours', 'ours, saveState of all'),
      ...curves(/steps \/ rewriting/, 'control', 'raw, whole snapshot'),
    ],
  }
}

function payloadPlot(results: readonly ContestResult[]): Plot {
  const bySize = (work: string) => {
    const [, number, unit] = /^saveState of (\d+) (KB|MB)$/.exec(work) ?? []
    return work === 'saveState one by one' ? KB : number ? Number(number) * (unit === 'MB' ? KB * KB : KB) : null
  }
  return {
    title: 'One save, by the size of the snapshot (SQLite, normal)',
    xLabel: 'characters of JSON',
    yLabel: 'milliseconds',
    xTick: count,
    series: both(results, bySize, 'saveState'),
  }
}

function rowPlot(results: readonly ContestResult[]): Plot {
  const rowsIn = (pattern: RegExp) => (work: string) => {
    const [, rows] = pattern.exec(work) ?? []
    return rows === undefined ? null : Number(rows.replaceAll(',', ''))
  }
  return {
    title: 'One read, by the number of workflows (SQLite)',
    xLabel: 'workflows in the store',
    yLabel: 'milliseconds',
    xTick: count,
    series: [
      ...both(results, rowsIn(/^newest by status of ([\d,]+)$/), 'newest 50'),
      ...both(results, rowsIn(/^stats of ([\d,]+), 100 % recent$/), 'statistics'),
    ],
  }
}

/** Milliseconds per operation of ours and the control, over what `xOf` finds in the names of the works. */
function both(results: readonly ContestResult[], xOf: (work: string) => number | null, name: string): Series[] {
  return ['ours', 'control'].map((side) => {
    const points = results.flatMap(({ work, sides }): Point[] => {
      const x = xOf(work)
      return x === null ? [] : [[x, 1_000 / (sides[side]?.opsPerSecond.median ?? Number.NaN)]]
    })
    const isControl = side === 'control'
    return { name: `${isControl ? 'raw' : 'ours'}, ${name}`, points: points.sort((a, b) => a[0] - b[0]), isControl }
  })
}

const count = (value: number) => value.toLocaleString('en')

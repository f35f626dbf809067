/** Line charts as SVG: logarithmic both ways, readable on light and dark ground, in the fonts that the reader has. */
import type { Point } from '../harness/contest.js'

export interface Series {
  readonly name: string
  readonly points: readonly Point[]
  /** The raw control is dashed. */
  readonly isControl: boolean
}

export interface Plot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  /** How a value along the lower edge is written. */
  readonly xTick: (value: number) => string
  readonly series: readonly Series[]
}

const WIDTH = 760
const HEIGHT = 420
const LEFT = 70
const RIGHT = WIDTH - 220
const TOP = 50
const BOTTOM = HEIGHT - 55
/** Lines of the legend are never closer than this. */
const LEGEND_STEP = 18

const STYLE = `
  svg { font: 13px system-ui, sans-serif; }
  .ground { fill: #ffffff; } text { fill: #1f2328; } .title { font-size: 15px; font-weight: 600; }
  .grid { stroke: #d1d9e0; } .line { fill: none; stroke-width: 2; } .control { stroke-dasharray: 6 4; }
  .c0 { stroke: #0550ae; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
  .t0 { fill: #0550ae; } .t1 { fill: #bc4c00; } .t2 { fill: #1a7f37; } .t3 { fill: #8250df; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } text { fill: #e6edf3; } .grid { stroke: #30363d; }
    .c0 { stroke: #79c0ff; } .c1 { stroke: #ffa657; } .c2 { stroke: #7ee787; } .c3 { stroke: #d2a8ff; }
    .t0 { fill: #79c0ff; } .t1 { fill: #ffa657; } .t2 { fill: #7ee787; } .t3 { fill: #d2a8ff; }
  }`

export function drawPlot({ title, xLabel, yLabel, xTick, series }: Plot): string {
  const all = series.flatMap(({ points }) => points)
  const x = new Axis(
    all.map((point) => point[0]),
    LEFT,
    RIGHT,
  )
  const y = new Axis(
    all.map((point) => point[1]),
    BOTTOM,
    TOP,
  )
  const middle = (TOP + BOTTOM) / 2
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(LEFT, 26, title, 'class="title"'),
    ...y.ticks().map((tick) => line(LEFT, y.at(tick), RIGHT, y.at(tick))),
    ...y.ticks().map((tick) => text(LEFT - 8, y.at(tick) + 4, plain(tick), 'text-anchor="end"')),
    ...x.ticks().map((tick) => line(x.at(tick), TOP, x.at(tick), BOTTOM)),
    ...x.ticks().map((tick) => text(x.at(tick), BOTTOM + 20, xTick(tick), 'text-anchor="middle"')),
    text((LEFT + RIGHT) / 2, HEIGHT - 12, xLabel, 'text-anchor="middle"'),
    text(18, middle, yLabel, `text-anchor="middle" transform="rotate(-90 18 ${middle})"`),
    ...series.map((each, index) => curve(each, index, x, y)),
    ...legend(series, y),
    '</svg>',
  ].join('\n')}\n`
}

/** A logarithmic scale that begins and ends at a power of ten. */
class Axis {
  readonly #low: number
  readonly #high: number
  readonly #from: number
  readonly #to: number

  constructor(values: readonly number[], from: number, to: number) {
    this.#low = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
    this.#high = Math.max(this.#low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
    this.#from = from
    this.#to = to
  }

  at(value: number): number {
    const share = (Math.log10(value) - this.#low) / (this.#high - this.#low)
    return round(this.#from + share * (this.#to - this.#from))
  }

  ticks(): number[] {
    return Array.from({ length: this.#high - this.#low + 1 }, (_, index) => 10 ** (this.#low + index))
  }
}

function curve({ points, isControl }: Series, index: number, x: Axis, y: Axis): string {
  const path = points.map(([px, py], place) => `${place === 0 ? 'M' : 'L'}${x.at(px)} ${y.at(py)}`).join(' ')
  return `<path class="line c${index % 4}${isControl ? ' control' : ''}" d="${path}"/>`
}

/** The names, each beside the end of its line, but never on top of another. */
function legend(series: readonly Series[], y: Axis): string[] {
  const places = series
    .map(({ name, points }, index) => ({ name, index, at: y.at(points.at(-1)?.[1] ?? 1) }))
    .sort((a, b) => a.at - b.at)
  let free = TOP
  return places.map(({ name, index, at }) => {
    const place = Math.max(at, free)
    free = place + LEGEND_STEP
    return text(RIGHT + 10, place + 4, name, `class="t${index % 4}"`)
  })
}

const line = (x1: number, y1: number, x2: number, y2: number) =>
  `<line class="grid" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`
const text = (x: number, y: number, content: string, attributes: string) =>
  `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`
const escaped = (content: string) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const round = (value: number) => Math.round(value * 10) / 10
/** 0.01, 1, 10,000: never 1e-2. */
const plain = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 6 })

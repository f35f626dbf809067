import type { Report } from '../report.js'
import { reachedText } from './words.js'

const COLOURS = { full: '#2f7d32', admin: '#5a7d2f', core: '#8a7a1f', none: '#a83232' } as const
const HEIGHT = 20
const CHARACTER = 6.6

/** A badge as SVG: what was reached, and the version of the contract. With several backends: the first one's. */
export function badge(reports: readonly Report[]): string {
  const [report] = reports
  if (report === undefined) throw new RangeError('there is no report to make a badge of')
  const left = `flujo-state ${report.contractVersion}`
  const right = reachedText(report)
  const [level = 'none'] = right.split(' ')
  const colour = level in COLOURS ? COLOURS[level as keyof typeof COLOURS] : COLOURS.none
  const [a, b] = [widthOf(left), widthOf(right)]
  const text = (x: number, content: string) =>
    `<text x="${x}" y="14" text-anchor="middle" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${content}</text>`
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${a + b}" height="${HEIGHT}" role="img" aria-label="${left}: ${right}">`,
    `<title>${left}: ${right}</title>`,
    `<clipPath id="r"><rect width="${a + b}" height="${HEIGHT}" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${a}" height="${HEIGHT}" fill="#444"/><rect x="${a}" width="${b}" height="${HEIGHT}" fill="${colour}"/></g>`,
    text(a / 2, left),
    text(a + b / 2, right),
    '</svg>',
  ].join('\n')}\n`
}

const widthOf = (text: string) => Math.round(text.length * CHARACTER + 14)

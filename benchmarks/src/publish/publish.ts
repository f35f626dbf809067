import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ContestResult } from '../harness/measure.js'
import type { Results } from '../results.js'
import { markdownOf } from './markdown.js'
import { drawPlot } from './plot.js'
import { plotsOf } from './plots.js'

const DOCS = new URL('../../../docs/', import.meta.url)
const BEGIN = '<!-- measured: begin (pnpm bench --publish) -->'
const END = '<!-- measured: end -->'

/** Puts the results of some runs into the documentation: the tables of each between the marks, the plots of all beside. */
export async function publish(runs: readonly Results[], docs = DOCS): Promise<void> {
  const page = new URL('performance.md', docs)
  await writeFile(page, withTables(await readFile(page, 'utf8'), runs.map(markdownOf).join('\n\n')))
  const folder = new URL('performance/', docs)
  await mkdir(folder, { recursive: true })
  const plots = Object.entries(plotsOf({ results: lastOfEach(runs) }))
  for (const [name, plot] of plots) await writeFile(new URL(name, folder), drawPlot(plot))
  console.log(`Written: ${fileURLToPath(page)} and ${plots.length} plots beside it`)
}

/** @throws if the page has not the two marks */
export function withTables(page: string, tables: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the page has no "${BEGIN}" with "${END}" behind it`)
  return `${page.slice(0, from)}${BEGIN}\n\n${tables}\n\n${page.slice(to)}`
}

/** Of a line that several runs have measured, the last. */
function lastOfEach(runs: readonly Results[]): ContestResult[] {
  const lines = runs.flatMap(({ results }) => results.map((line) => [line.id, line] as const))
  return [...new Map(lines).values()]
}

import { figuresText } from '../bounds/table.js'
import { contestCells, rate, stepGrowth } from '../harness/table.js'
import type { Results } from '../results.js'

/** The tables of the documentation, as measured. */
export function markdownOf(results: Results): string {
  return [machineText(results), speeds(results), bounded(results), counted(results), missing(results)]
    .filter((part) => part !== '')
    .join('\n\n')
}

function machineText({ machine, rounds, full }: Results): string {
  const { date, cpu, cores, memoryGb, platform, node, sqlite, loadBefore } = machine
  const busy =
    loadBefore > cores / 2 ? ` **The machine was busy (load ${loadBefore}): these figures are only a sketch.**` : ''
  return (
    `${date.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}, SQLite ${sqlite}; ` +
    `${full ? '`pnpm bench --full`' : '`pnpm bench`'}, medians of ${rounds} rounds.${busy}`
  )
}

function speeds(results: Results): string {
  const rows = results.results.flatMap((result) => {
    const growth = stepGrowth(result)
    const lines = growth === null ? contestCells(result) : [...contestCells(result), growth]
    return lines.map(({ name, control, ours, ratio, spread, target }, index) => {
      const isFirst = index === 0
      const [work, against] = isFirst ? [name, result.control] : [`↳ ${name.trim()}`, '']
      return row([work, result.place, against, control, ours, ratio, spread, target])
    })
  })
  return table(['work', 'where', 'control', 'control/s', 'ours/s', 'ratio', 'spread', 'target'], rows)
}

function bounded({ bounds }: Results): string {
  const rows = bounds.map((result) => {
    const { what, place, limit, problem } = result
    return row([what, place, figuresText(result), limit === null ? '' : `${mark(problem === null)} ≤ ${limit}`])
  })
  return table(['bounded', 'where', 'figures', 'limit'], rows)
}

function counted({ shape }: Results): string {
  const show = (value: number | null) => (value === null ? '–' : rate(value))
  const rows = shape.map(({ operation, place, counts: { statements, syncs, bytes }, problem }) =>
    row([operation, place, show(statements), show(syncs), show(bytes), problem === null ? '✓' : `✗ ${problem}`]),
  )
  return table(['counted, per operation', 'where', 'statements', 'syncs', 'bytes', 'shape'], rows)
}

function missing({ failures, absent }: Results): string {
  return [
    ...failures.map(({ id, error }) => `- not measured: ${id}: ${error}`),
    ...absent.map(({ name, reason }) => `- without ${name}: ${reason}`),
  ].join('\n')
}

const mark = (isMet: boolean) => (isMet ? '✓' : '✗')
const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

function table(head: readonly string[], rows: readonly string[]): string {
  return rows.length === 0 ? '' : [row(head), row(head.map(() => '---')), ...rows].join('\n')
}

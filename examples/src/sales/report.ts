import type { Figures, Group, Interval } from './figures.js'

/** The report as Markdown; the same for the same figures. */
export function renderReport(
  { orders, cents, byMonth, byCountry, byProduct, rejected }: Figures,
  intervals: Interval[],
) {
  return [
    '# Sales of the third quarter of 2026',
    '',
    `${orders} orders, ${euros(cents)}. ${rejected.length} rows of the export were left out (see below).`,
    ...section('Months', byMonth),
    ...section('Countries', byCountry),
    ...section('Products', byProduct),
    '',
    '## Average value of an order',
    '',
    '| country | average | 95 % between | and |',
    '| --- | ---: | ---: | ---: |',
    ...intervals.map(({ country, average, low, high }) => row(country, euros(average), euros(low), euros(high))),
    '',
    '## Rows left out',
    '',
    ...rejected.map(({ line, why }) => `- line ${line} ${why}`),
    '',
  ].join('\n')
}

function section(title: string, groups: readonly Group[]): string[] {
  const rows = groups.map(({ name, orders, cents }) => row(name, String(orders), euros(cents)))
  return ['', `## ${title}`, '', '| | orders | revenue |', '| --- | ---: | ---: |', ...rows]
}

const row = (...cells: string[]) => `| ${cells.join(' | ')} |`

function euros(cents: number): string {
  const [whole = '', part = ''] = (cents / 100).toFixed(2).split('.')
  return `€ ${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${part}`
}

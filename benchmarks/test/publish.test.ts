import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ContestResult } from '../src/harness/measure.js'
import { drawPlot } from '../src/publish/plot.js'
import { publish, withTables } from '../src/publish/publish.js'
import type { Results } from '../src/results.js'

const side = (perSecond: number, curve: readonly (readonly [number, number])[] = []) => {
  const spread = { median: perSecond, min: perSecond, max: perSecond }
  return { rounds: [perSecond], opsPerSecond: spread, ratio: spread, cpuMicros: spread, figures: {}, curve }
}
const contest = (work: string, ours: number): ContestResult => ({
  id: `${work} · sqlite normal`,
  work,
  place: 'sqlite normal',
  control: 'raw | by hand',
  target: 0.5,
  mayGrow: null,
  operations: 1,
  sides: { control: side(100), ours: side(ours) },
})
const results: Results = {
  machine: {
    cpu: 'A processor',
    cores: 2,
    memoryGb: 8,
    platform: 'linux x64',
    node: '20.0.0',
    sqlite: '3.50.0',
    filesInMemory: false,
    loadBefore: 0,
    date: '2026-01-01T00:00:00.000Z',
  },
  rounds: 5,
  quick: false,
  full: false,
  results: [
    contest('newest by status of 1,000', 60),
    contest('newest by status of 20,000', 50),
    contest('stats of 1,000, 100 % recent', 90),
    contest('stats of 20,000, 100 % recent', 90),
  ],
  shape: [
    { operation: 'saveState', place: 'file', counts: { statements: null, syncs: 1, bytes: 1_234 }, problem: null },
  ],
  bounds: [
    { what: 'disk', place: 'file', figures: { largest: 1 }, unit: 'MB', limit: 5, problem: null },
    { what: 'disk', place: 'sqlite', figures: { largest: 9 }, unit: 'MB', limit: 5, problem: 'too much' },
  ],
  failures: [],
  absent: [{ name: 'A peer', reason: 'it needs a newer Node' }],
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flujo-publish-'))
  vi.spyOn(console, 'log').mockImplementation(() => {})
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

const page = (between: string) =>
  `# Title\n\n<!-- measured: begin (pnpm bench --publish) -->\n${between}<!-- measured: end -->\n\nafter\n`

test('the tables come between the marks, and all else stays', async () => {
  const file = join(folder, 'performance.md')
  await writeFile(file, page('old\n'))
  await publish([results], pathToFileURL(`${folder}/`))
  const text = await readFile(file, 'utf8')
  expect(text).toMatch(/^# Title\n/)
  expect(text).toMatch(/\nafter\n$/)
  expect(text).not.toContain('old')
  expect(text).toContain('| newest by status of 1,000 | sqlite normal | raw \\| by hand | 100 | 60 |')
  expect(text).toContain('| disk | sqlite | largest 9 MB | ✗ ≤ 5 |')
  expect(text).toContain('| saveState | file | – | 1 | 1,234 | ✓ |')
  expect(text).toContain('without A peer: it needs a newer Node')
  // What cannot be drawn from these results is left as it is.
  expect(await readdir(join(folder, 'performance'))).toEqual(['rows.svg'])
})

test('several runs have a table each, and plots of all their lines', async () => {
  const file = join(folder, 'performance.md')
  const later = {
    ...results,
    full: true,
    results: [contest('newest by status of 1,000,000', 40)],
    shape: [],
    bounds: [],
  }
  const drawn = async (...runs: Results[]) => {
    await writeFile(file, page(''))
    await publish(runs, pathToFileURL(`${folder}/`))
    return readFile(join(folder, 'performance', 'rows.svg'), 'utf8')
  }
  expect(await drawn(results)).not.toContain('1,000,000')
  expect(await drawn(results, later)).toContain('1,000,000')
  const text = await readFile(file, 'utf8')
  expect(text.indexOf('| newest by status of 1,000 |')).toBeGreaterThan(text.indexOf('`pnpm bench`'))
  expect(text.indexOf('`pnpm bench --full`')).toBeGreaterThan(text.indexOf('| newest by status of 20,000 |'))
  expect(text.indexOf('| newest by status of 1,000,000 |')).toBeGreaterThan(text.indexOf('`pnpm bench --full`'))
})

test('publishing twice changes nothing more', async () => {
  const file = join(folder, 'performance.md')
  await writeFile(file, page(''))
  await publish([results], pathToFileURL(`${folder}/`))
  const once = await readFile(file, 'utf8')
  await publish([results], pathToFileURL(`${folder}/`))
  expect(await readFile(file, 'utf8')).toBe(once)
})

test('a page without marks is refused', () => {
  expect(() => withTables('# Title', 'table')).toThrow('the page has no')
})

test('a plot has each line, names that are escaped, and no colour for one ground only', () => {
  const points = [
    [1, 0.2],
    [1_000, 7],
  ] as const
  const svg = drawPlot({
    title: 'Cost <of> steps',
    xLabel: 'steps',
    yLabel: 'ms',
    xTick: String,
    series: [
      { name: 'ours & others', points, isControl: false },
      { name: 'raw', points, isControl: true },
    ],
  })
  expect(svg.match(/<path /g)).toHaveLength(2)
  expect(svg).toContain('Cost &lt;of> steps')
  expect(svg).toContain('ours &amp; others')
  expect(svg).toContain('prefers-color-scheme: dark')
  expect(svg).not.toMatch(/NaN|Infinity|undefined|https?:\/\/(?!www\.w3\.org)/)
})

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { homedir, hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bounds } from '../src/bounds/index.js'
import type { Results } from '../src/results.js'
import { contests } from '../src/work/index.js'

const folder = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** Runs the command as `pnpm bench` does. */
function bench(...args: string[]) {
  return run(process.execPath, ['--import', './src/loader/register.mjs', 'src/main.ts', ...args], { cwd: folder })
}

const quick = { quick: true, full: false, peers: null }

let work: string
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'flujo-bench-'))
})
afterAll(() => rm(work, { recursive: true }))

// Nothing here looks at a time: the figures of the quick form mean nothing.
describe('pnpm bench --quick', () => {
  let output: string
  let text: string
  let report: Results
  beforeAll(async () => {
    const json = join(work, 'quick.json')
    output = (await bench('--quick', '--json', json, '--folder', join(work, 'quick'))).stdout
    text = await readFile(json, 'utf8')
    report = JSON.parse(text)
  }, 240_000)

  test('plays every contest, and every side gives figures', () => {
    expect(report.results.map(({ id }) => id)).toEqual(contests(quick).map(({ id }) => id))
    for (const { id, sides } of report.results) {
      expect(Object.keys(sides), id).toEqual(['control', 'ours'])
      for (const { rounds, opsPerSecond, ratio } of Object.values(sides)) {
        expect(rounds, id).toHaveLength(report.rounds)
        for (const spread of [opsPerSecond, ratio]) {
          expect(spread.min, id).toBeGreaterThan(0)
          expect(spread.median, id).toBeGreaterThanOrEqual(spread.min)
          expect(spread.max, id).toBeGreaterThanOrEqual(spread.median)
        }
      }
    }
  })

  test('covers the three backends, SQLite under both durabilities, and the codec', () => {
    const places = new Set(report.results.map(({ place }) => place))
    expect([...places].sort()).toEqual(['codec', 'file', 'memory', 'sqlite full', 'sqlite normal'])
  })

  test('prints a line for each, all of them readable at 100 columns', () => {
    const lines = output.split('\n')
    const table = lines.slice(
      0,
      lines.findIndex((line) => line.startsWith('counted')),
    )
    for (const { work, place } of report.results)
      expect(table.filter((line) => line.startsWith(`${work}  `) && line.includes(` ${place} `))).toHaveLength(1)
    for (const { what, place } of report.bounds)
      expect(lines.filter((line) => line.startsWith(`${what}  `) && line.includes(` ${place} `))).toHaveLength(1)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
    expect(output).toContain('QUICK')
  })

  test('the shape holds: a step costs the same at step 10 and at step 1,000', () => {
    expect(report.shape.filter(({ problem }) => problem !== null)).toEqual([])
    const steps = report.shape.filter(({ operation }) => operation === 'step commit, step 1000')
    expect(steps.map(({ place }) => place)).toEqual(['sqlite', 'file'])
  })

  test('gives all that has a limit of its own', () => {
    expect(report.failures).toEqual([])
    const places = new Set(bounds.map(({ id }) => id.split(' · ')[1]))
    for (const { what, place, figures } of report.bounds) {
      expect(places, what).toContain(place)
      for (const figure of Object.values(figures)) expect(figure, what).not.toBeNaN()
    }
    expect(report.bounds.length).toBeGreaterThanOrEqual(bounds.length)
  })

  test('counts really count', () => {
    const of = (place: string, operation: string) =>
      report.shape.find((each) => each.place === place && each.operation === operation)?.counts
    for (const place of ['sqlite', 'file']) expect(of(place, 'saveState')?.syncs, place).toBeGreaterThan(0)
    expect(of('sqlite', 'saveState')?.statements).toBeGreaterThan(2)
    // Only Linux says how many bytes a process writes.
    if (process.platform === 'linux') expect(of('file', 'saveState')?.bytes).toBeGreaterThan(1024)
  })

  test('says on what machine, without naming it or a path of it', () => {
    const { machine } = report
    expect(machine.cpu).not.toBe('')
    expect(machine.cores).toBeGreaterThan(0)
    expect(machine.node).toBe(process.versions.node)
    expect(machine.sqlite).toMatch(/^3\./)
    expect(new Date(machine.date).toISOString()).toBe(machine.date)
    for (const secret of [hostname(), homedir(), folder, work]) expect(text).not.toContain(`"${secret}`)
    expect(text).not.toContain(folder)
  })

  test('leaves none of its databases and files behind', async () => {
    expect(await readdir(join(work, 'quick'))).toEqual([])
  })
})

test('a line measured for real gets a process of its own', async () => {
  const json = join(work, 'one.json')
  const { stdout } = await bench('--only', '^encode 1 KB', '--rounds', '1', '--json', json, '--folder', work)
  expect(stdout).toMatch(/^encode 1 KB +codec +[\d,]+ +[\d,]+ +\d/m)
  const { results, shape } = JSON.parse(await readFile(json, 'utf8')) as Results
  expect(results.map(({ id }) => id)).toEqual(['encode 1 KB · codec'])
  expect(shape).toEqual([])
})

test('a wrong command line says what is wrong', async () => {
  const failure = await bench('--only', 'no such line').catch((error) => error)
  expect(failure.code).toBe(1)
  expect(failure.stderr).toBe('--only no such line: no line matches\n')
})

test('--help lists the options', async () => {
  const { stdout } = await bench('--help')
  for (const option of ['only', 'rounds', 'full', 'peers', 'quick', 'json', 'folder', 'profile', 'publish'])
    expect(stdout).toContain(`--${option}`)
})

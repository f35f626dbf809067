import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readJournal } from '../src/journal.js'
import { Layout } from '../src/layout.js'
import { fileOf, openBackend, reopened, savedValue, stateOf, temporaryFolder } from './support/folder.js'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f']
const journalsIn = (folder: string) => readdirSync(new Layout(folder).journals)
const logOf = (folder: string, runId: string) => fileOf(folder, runId, 'log.0.jsonl')
const valuesIn = (folder: string) =>
  reopened(folder, (backend) => Promise.all(IDS.map((runId) => savedValue(backend, runId))))

/** A store in use, where the last writes of all runs are durable by the journal alone; and what is on disk then. */
async function storeInUse() {
  const folder = temporaryFolder()
  const backend = openBackend(folder)
  const saveAll = (value: unknown) => Promise.all(IDS.map((runId) => backend.saveState(runId, stateOf(value))))
  await saveAll('first')
  const synced = new Map(IDS.map((runId) => [runId, readFileSync(logOf(folder, runId)).length]))
  await saveAll('second')
  await saveAll('third')
  /** The folder as another machine, or this one after a restart, finds it; logs have lost what was not synced. */
  const afterPowerCut = (lose: (log: string, synced: number) => void) => {
    const copy = temporaryFolder()
    cpSync(folder, copy, { recursive: true })
    for (const runId of IDS) lose(logOf(copy, runId), synced.get(runId) as number)
    return copy
  }
  return { folder, backend, saveAll, afterPowerCut }
}

describe('after a power cut', () => {
  it.each([
    ['their unsynced ends', (log: string, synced: number) => truncateSync(log, synced)],
    ['a part of a line', (log: string, synced: number) => truncateSync(log, synced + 100)],
    [
      'pages in the middle, which read as NUL',
      (log: string, synced: number) => writeFileSync(log, readFileSync(log).fill(0, synced + 10, synced + 200)),
    ],
    ['nothing', () => undefined],
  ])('logs that have lost %s get them back', async (_, lose) => {
    const { afterPowerCut } = await storeInUse()
    const copy = afterPowerCut(lose)
    expect(await valuesIn(copy)).toEqual(IDS.map(() => 'third'))
    expect(await valuesIn(copy)).toEqual(IDS.map(() => 'third'))
  })

  it('a run whose next commit was synced by itself has lost nothing, and gets nothing twice', async () => {
    const { backend, afterPowerCut } = await storeInUse()
    await backend.updateState('a', { pipelineContext: { value: 'fourth' } })
    const copy = afterPowerCut((log, synced) => {
      if (!log.includes('/a-')) truncateSync(log, synced)
    })
    expect(await valuesIn(copy)).toEqual(['fourth', ...IDS.slice(1).map(() => 'third')])
  })

  it('a line that was damaged comes back, and the commits behind it stay', async () => {
    const { backend, afterPowerCut } = await storeInUse()
    await backend.updateState('a', { pipelineContext: { value: 'fourth' } })
    const copy = afterPowerCut((log, synced) => {
      if (log.includes('/a-')) writeFileSync(log, readFileSync(log).fill('x', synced + 30, synced + 31))
    })
    expect(await valuesIn(copy)).toEqual(['fourth', ...IDS.slice(1).map(() => 'third')])
  })

  it('a run that was deleted stays deleted, and a new one of its id is not taken for it', async () => {
    const { backend, afterPowerCut } = await storeInUse()
    await backend.deleteRun('a')
    await backend.deleteRun('b')
    await backend.saveState('b', stateOf('new'))
    const copy = afterPowerCut((log, synced) => {
      if (!/\/[ab]-/.test(log)) truncateSync(log, synced)
    })
    expect(await valuesIn(copy)).toEqual([null, 'new', ...IDS.slice(2).map(() => 'third')])
  })

  it('a checkpoint is not changed by what it contains', async () => {
    const { backend, afterPowerCut, folder } = await storeInUse()
    await backend.updateState('a', { pipelineContext: { value: 'large', large: 'x'.repeat(70_000) } })
    const old = logOf(folder, 'a')
    writeFileSync(old, '')
    const copy = afterPowerCut((log, synced) => {
      if (!log.includes('/a-')) truncateSync(log, synced)
    })
    expect(await valuesIn(copy)).toEqual(['large', ...IDS.slice(1).map(() => 'third')])
  })

  it('a group that was not finished in the journal was not promised, and does not hide those before it', async () => {
    const { afterPowerCut, folder } = await storeInUse()
    const copy = afterPowerCut((log, synced) => truncateSync(log, synced))
    const [journal = ''] = journalsIn(folder)
    const path = join(new Layout(copy).journals, journal)
    appendFileSync(path, '{"c":"0000')
    expect(await valuesIn(copy)).toEqual(IDS.map(() => 'third'))
    const cut = afterPowerCut((log, synced) => truncateSync(log, synced))
    truncateSync(join(new Layout(cut).journals, journal), readFileSync(path).length - 40)
    for (const value of await valuesIn(cut)) expect(['second', 'third']).toContain(value)
  })
})

describe('the journal', () => {
  it('has the lines of the logs as they are', async () => {
    const { folder } = await storeInUse()
    const [journal = ''] = journalsIn(folder)
    const ends = readJournal(readFileSync(join(new Layout(folder).journals, journal)))
    expect(ends).toHaveLength(2 * IDS.length)
    for (const { log, at, line } of ends)
      expect(readFileSync(join(folder, log), 'utf8').slice(at, at + line.length)).toBe(line)
  })

  it('goes with its instance, and the one of a dead instance with the next', async () => {
    const { folder, backend, afterPowerCut } = await storeInUse()
    expect(journalsIn(folder)).toHaveLength(1)
    const copy = afterPowerCut(() => undefined)
    for (const name of readdirSync(new Layout(copy).users)) rmSync(join(new Layout(copy).users, name))
    expect(await valuesIn(copy)).toEqual(IDS.map(() => 'third'))
    expect(journalsIn(copy)).toEqual([])
    await backend.shutdown()
    expect(journalsIn(folder)).toEqual([])
    expect(await valuesIn(folder)).toEqual(IDS.map(() => 'third'))
  })
})

import { copyFileSync, existsSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { readRun } from '../src/run-folder.js'
import {
  fileOf,
  namesOf,
  openBackend,
  reopened,
  runFolderOf,
  savedValue,
  stateOf,
  temporaryFolder,
} from './support/folder.js'

const large = (value: unknown) => String(value).repeat(70_000)

/** Just before and just after the commit that makes a checkpoint. */
async function aroundACheckpoint() {
  const folder = temporaryFolder()
  const at = (name: string) => fileOf(folder, 'a', name)
  const backend = openBackend(folder)
  await backend.saveState('a', stateOf('small'))
  const logBefore = `${folder}/before`
  copyFileSync(at('log.0.jsonl'), logBefore)
  await backend.updateState('a', { pipelineContext: { value: 'large', large: large('x') } })
  expect(namesOf(folder, 'a')).toEqual(['state.json'])
  return { folder, backend, at, logBefore }
}

describe('a checkpoint', () => {
  it('takes the place of a log that has grown long, and the next log goes on from it', async () => {
    const { folder, backend } = await aroundACheckpoint()
    await backend.updateState('a', { pipelineContext: { value: 'later' } })
    expect(namesOf(folder, 'a')).toEqual(['log.1.jsonl', 'state.json'])
    expect(await savedValue(backend, 'a')).toBe('later')
    expect(await reopened(folder, (backend) => savedValue(backend, 'a'))).toBe('later')
  })

  it('is readable JSON, with payloads as the JSON they are', async () => {
    const { at } = await aroundACheckpoint()
    const json = JSON.parse(readFileSync(at('state.json'), 'utf8'))
    expect(json).toMatchObject({ format: 1, generation: 1, runId: 'a', state: { pipelineContext: { value: 'large' } } })
  })

  it('that was not finished is never looked at, and goes with the next one', async () => {
    const { folder, backend, at } = await aroundACheckpoint()
    writeFileSync(at('state.json.dead.tmp'), '{"checksum"')
    expect(await savedValue(backend, 'a')).toBe('large')
    for (const value of [1, 2]) await backend.updateState('a', { pipelineContext: { value, large: large(value) } })
    expect(namesOf(folder, 'a')).not.toContain('state.json.dead.tmp')
  })

  it('beside the log that it contains counts alone, and commits go into the next log', async () => {
    const { folder, backend, at, logBefore } = await aroundACheckpoint()
    copyFileSync(logBefore, at('log.0.jsonl'))
    expect(await savedValue(backend, 'a')).toBe('large')
    await reopened(folder, (backend) => backend.updateState('a', { pipelineContext: { value: 'later' } }))
    expect(namesOf(folder, 'a')).toEqual(['log.0.jsonl', 'log.1.jsonl', 'state.json'])
    expect(await savedValue(backend, 'a')).toBe('later')
    for (const value of [1, 2]) await backend.updateState('a', { pipelineContext: { value, large: large(value) } })
    expect(namesOf(folder, 'a')).not.toContain('log.0.jsonl')
  })

  it('is seen by a reader that had read the old log, also if its writer died before removing that', async () => {
    const { folder, at, logBefore, backend } = await aroundACheckpoint()
    // As the writer left it that died: the old log is still there. A reader has read the run as it was before.
    copyFileSync(at('state.json'), `${folder}/checkpoint`)
    unlinkSync(at('state.json'))
    copyFileSync(logBefore, at('log.0.jsonl'))
    const reader = openBackend(folder)
    expect(await savedValue(reader, 'a')).toBe('small')
    copyFileSync(`${folder}/checkpoint`, at('state.json'))
    expect(await savedValue(reader, 'a')).toBe('large')
    await backend.updateState('a', { pipelineContext: { value: 'later' } })
    expect(await savedValue(reader, 'a')).toBe('later')
    await reader.updateState('a', { currentStepIndex: 7 })
    expect(await reopened(folder, (backend) => backend.loadState('a'))).toMatchObject({
      currentStepIndex: 7,
      pipelineContext: { value: 'later' },
    })
  })

  it('that was lost is CORRUPT: the log that goes on from it is not the run', async () => {
    const { folder, backend, at, logBefore } = await aroundACheckpoint()
    await backend.updateState('a', { pipelineContext: { value: 'later' } })
    rmSync(at('state.json'))
    const isCorrupt = () => expect(backend.loadState('a')).rejects.toMatchObject({ code: 'CORRUPT', runId: 'a' })
    await isCorrupt()
    // Neither is an older log that came back.
    copyFileSync(logBefore, at('log.0.jsonl'))
    await isCorrupt()
    await expect(backend.saveState('a', stateOf('new'))).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(namesOf(folder, 'a')).toEqual(['log.0.jsonl', 'log.1.jsonl'])
  })

  it('with a changed byte is CORRUPT and stays as it is', async () => {
    const { folder, backend, at } = await aroundACheckpoint()
    const whole = readFileSync(at('state.json'))
    for (let byte = 0; byte < whole.length; byte += 3571) {
      const bytes = Buffer.from(whole)
      bytes[byte] = (bytes[byte] as number) ^ 1
      writeFileSync(at('state.json'), bytes)
      await expect(backend.loadState('a')).rejects.toMatchObject({ code: 'CORRUPT', runId: 'a' })
      expect(readFileSync(at('state.json')).equals(bytes)).toBe(true)
    }
    writeFileSync(at('state.json'), whole.subarray(0, 5000))
    await reopened(folder, (backend) => expect(backend.loadState('a')).rejects.toMatchObject({ code: 'CORRUPT' }))
  })
})

describe('reading while others write', () => {
  it('ends, whatever is found', async () => {
    const folder = temporaryFolder()
    const backend = openBackend(folder)
    await backend.saveState('a', stateOf('x'))
    symlinkSync('nowhere', fileOf(folder, 'a', 'state.json'))
    await reopened(folder, (backend) =>
      expect(backend.loadState('a')).rejects.toMatchObject({ code: 'BUSY', runId: 'a' }),
    )
    expect(await readRun(`${folder}/missing`, 'a')).toBeNull()
  })

  it('always gives one whole commit, through checkpoints, deletions and new runs of the same id', async () => {
    const folder = temporaryFolder()
    const writer = openBackend(folder)
    const reader = openBackend(folder)
    let stopped = false
    const values: unknown[] = []
    const reading = (async () => {
      while (!stopped) {
        const state = await reader.loadState('a')
        if (state) expect(state.pipelineContext.value).toBe(state.currentStepIndex)
        values.push(state?.currentStepIndex ?? null)
        await nextTurn()
      }
    })()
    for (let index = 0; index < 60 || values.length <= 10; index++) {
      await writer.saveState('a', {
        ...stateOf(index),
        currentStepIndex: index,
        stepHistory: [{ large: large(index) }],
      })
      if (index % 7 === 6) await writer.deleteRun('a')
    }
    stopped = true
    await reading
    expect(existsSync(runFolderOf(folder, 'a'))).toBe(true)
  })
})

it('a run that takes the place of a deleted one is read anew by other instances', async () => {
  const folder = temporaryFolder()
  const writer = openBackend(folder)
  const reader = openBackend(folder)
  for (let round = 0; round < 20; round++) {
    await writer.saveState('a', stateOf(round % 10))
    expect(await savedValue(reader, 'a')).toBe(round % 10)
    await writer.deleteRun('a')
  }
})

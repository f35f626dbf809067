import { existsSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isStateBackendError, type ObserverEvent, SQLiteBackend } from '../src/index.js'
import { backendOf, handleOf } from './support/backends.js'
import { aState } from './support/state.js'
import { temporaryFile } from './support/temporary.js'

describe('SQLiteBackend', () => {
  it('touches nothing when it is made, and refuses wrong arguments at once', async () => {
    const path = temporaryFile()
    const backend = new SQLiteBackend(path)
    await backend.shutdown()
    expect(existsSync(path)).toBe(false)
    expect(() => new SQLiteBackend('')).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
    expect(() => new SQLiteBackend(path, { busyTimeoutMs: -1 })).toThrow(
      expect.objectContaining({ path: '$.busyTimeoutMs' }),
    )
    expect(() => new SQLiteBackend(path, { maxPayloadBytes: 0 })).toThrow(
      expect.objectContaining({ path: '$.maxPayloadBytes' }),
    )
  })

  it('opens once, however many first calls race', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await Promise.all([
      backend.open(),
      backend.loadState('r'),
      ...Array.from({ length: 20 }, (_, i) => backend.saveState(`r${i}`, aState())),
    ])
    expect(await backend.listStates()).toHaveLength(20)
  })

  it.each([
    ['a path', (path: string) => path],
    ['a URL', (path: string) => pathToFileURL(path)],
    ['the text of a URL', (path: string) => pathToFileURL(path).href],
  ])('keeps everything in the file named by %s', async (_name, name) => {
    const path = temporaryFile('a state #1?.db')
    const writer = new SQLiteBackend(name(path))
    await writer.saveState('r', aState({ pipelineContext: { when: new Date(0), big: 2n ** 70n } }))
    await writer.shutdown()
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
    const reader = backendOf(name(path))
    expect(await reader.loadState('r')).toMatchObject({ pipelineContext: { when: new Date(0), big: 2n ** 70n } })
  })

  it('says what it can do', () => {
    expect(new SQLiteBackend(temporaryFile()).capabilities).toMatchObject({
      persistence: 'crash',
      multiInstance: 'host',
      compact: true,
    })
    for (const memory of [':memory:', handleOf(':memory:')])
      expect(new SQLiteBackend(memory).capabilities).toMatchObject({ persistence: 'none', multiInstance: 'none' })
  })

  it('tells its observer how often it has waited for a lock', async () => {
    const path = temporaryFile()
    const events: ObserverEvent[] = []
    const backend = backendOf(path, { observer: (event) => events.push(event) })
    await backend.open()
    const other = handleOf(path)
    other.exec('begin immediate')
    const save = backend.saveState('r', aState())
    setTimeout(() => other.exec('rollback'), 20)
    await save
    expect(events.at(-1)).toMatchObject({ name: 'saveState', waits: 1, code: null })
  })
})

describe('getWorkflowStatsSync', () => {
  it('gives what getWorkflowStats gives, at the time of the clock', async () => {
    let now = new Date('2026-03-01T00:00:00Z')
    const backend = backendOf(temporaryFile(), { clock: () => now })
    await backend.saveState('a', aState({ executionTimeMs: 10 }))
    await backend.saveState('b', aState({ status: 'failed', executionTimeMs: 20, isBackgroundTask: true }))
    await backend.saveState('c', aState({ status: 'paused', createdAt: new Date(0) }))
    expect(backend.getWorkflowStatsSync()).toEqual(await backend.getWorkflowStats())
    expect(backend.getWorkflowStatsSync()).toMatchObject({
      totalWorkflows: 3,
      recentWorkflows24h: 2,
      averageExecutionTimeMs: 15,
      backgroundStatusCounts: { failed: 1, running: 0 },
    })
    now = new Date('2026-03-03T00:00:00Z')
    expect(backend.getWorkflowStatsSync()).toMatchObject({ recentWorkflows24h: 0 })
  })

  it('throws, and never answers with zeros, when it cannot know', async () => {
    const handle = handleOf(temporaryFile())
    const backend = new SQLiteBackend(handle)
    expect(() => backend.getWorkflowStatsSync()).toThrow('await backend.open() once')
    await backend.open()
    handle.exec('alter table workflow_counts rename to elsewhere')
    expect(() => backend.getWorkflowStatsSync()).toThrow(/^getWorkflowStatsSync: .*no such table/)
    const shutdown = backend.shutdown()
    try {
      backend.getWorkflowStatsSync()
      expect.unreachable()
    } catch (error) {
      expect(isStateBackendError(error, 'CLOSED')).toBe(true)
    }
    await shutdown
  })
})

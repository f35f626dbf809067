import { isStateBackendError } from '@flujo-state/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisBackend } from '../src/backend.js'
import type { RedisClient } from '../src/redis.js'
import { client, noServer, removeStore, startServer, type TestServer } from './support/server.js'

const state = { pipelineId: 'p', pipelineName: 'P', pipelineVersion: '1', currentStepIndex: 0, pipelineContext: {} }
const snapshot = { ...state, status: 'running' } as const

// These tests fill the server, stop it and make it a replica: it must be their own.
const server: TestServer | null = await startServer()
if (server === null && process.env.FLUJO_REQUIRE_SERVERS)
  throw new Error('FLUJO_REQUIRE_SERVERS is set, but there is no redis-server to start')

describe.skipIf(server === null)(server ? 'the redis backend' : `the redis backend (${noServer()})`, () => {
  let redis: ReturnType<typeof client>
  let admin: ReturnType<typeof client>
  let backend: RedisBackend
  const url = server?.url ?? ''

  beforeAll(async () => {
    redis = await client(url).connect()
    admin = await client(url).connect()
  })
  beforeEach(async () => {
    await removeStore(admin, 'flujo')
    backend = new RedisBackend(redis)
  })
  afterAll(async () => {
    admin.destroy()
    if (redis.isOpen) redis.destroy()
    await server?.stop()
  })

  it('refuses a prefix that could be the beginning of another', () => {
    for (const prefix of ['', 'a:b', 'a b', 'a*'])
      expect(() => new RedisBackend(redis, { prefix })).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it('keeps stores of other prefixes, and ids that look like keys, apart', async () => {
    const other = new RedisBackend(redis, { prefix: 'flujo-2' })
    for (const runId of ['a', 'a:b', 'states:createdAt', 'counters', '*']) await backend.saveState(runId, snapshot)
    expect(await other.listStates()).toEqual([])
    await other.saveState('a', { ...snapshot, status: 'paused' })
    await backend.deleteRun('a')
    expect((await other.loadState('a'))?.status).toBe('paused')
    expect((await backend.listStates()).map(({ runId }) => runId).sort()).toEqual(
      ['*', 'a:b', 'counters', 'states:createdAt'].sort(),
    )
    await removeStore(admin, 'flujo-2')
  })

  it('leaves nothing of runs that were deleted, and never closes the client', async () => {
    await backend.saveState('r', { ...snapshot, stepHistory: [{ n: 1 }], parentRunId: 'p', isBackgroundTask: true })
    await backend.saveRunStart({ runId: 'r' })
    await backend.saveStepResult({ runId: 'r', stepName: 's', stepIndex: 0 })
    await backend.saveSpans('r', [{ spanId: 's', name: 's', startTime: 1 }])
    await backend.persistEvaluation('r', { score: 1 })
    await backend.claimRun('r', { owner: 'o', leaseMs: 1_000 })
    await backend.deleteRun('r', { force: true })
    expect(await admin.keys('flujo:*')).toEqual(['flujo:counters'])
    await backend.shutdown()
    expect(await redis.ping()).toBe('PONG')
  })

  it('begins anew when others were faster, and is BUSY when they always are', async () => {
    const rival = new RedisBackend(admin)
    let rounds = 3
    /** Lets the rival write between what a commit reads and what it writes. */
    const overtaken: RedisClient = {
      async sendCommand(words) {
        const answer = await redis.sendCommand(words)
        if (words[0] === 'EVAL' && Array.isArray(answer) && rounds-- > 0)
          await rival.updateState('r', { totalSteps: Math.min(rounds, 9) })
        return answer
      },
    }
    const slow = new RedisBackend(overtaken)
    await backend.saveState('r', snapshot)
    expect(await slow.updateState('r', { currentStepIndex: 7 })).toEqual({ version: 5 })
    expect(await backend.loadState('r')).toMatchObject({ currentStepIndex: 7, totalSteps: 0, version: 5 })
    rounds = Number.POSITIVE_INFINITY
    await expect(slow.updateState('r', { currentStepIndex: 8 })).rejects.toMatchObject({
      code: 'BUSY',
      retryable: true,
    })
    expect((await backend.loadState('r'))?.currentStepIndex).toBe(7)
  })

  it('reads no payload and no more than a page for a list', async () => {
    for (let n = 0; n < 60; n++) await backend.saveState(`r${n}`, { ...snapshot, pipelineContext: { secret: 'x' } })
    let answers = ''
    const listening: RedisClient = {
      async sendCommand(words) {
        const answer = await redis.sendCommand(words)
        answers += JSON.stringify(answer)
        return answer
      },
    }
    const page = await new RedisBackend(listening).listWorkflows({ pipelineName: 'P', limit: 5 })
    expect(page).toHaveLength(5)
    expect(answers).not.toContain('secret')
    expect(answers.match(/pipelineName/g)?.length).toBeLessThan(60)
  })

  it('tells what a real server answers when it is full, a replica, or held by a script', async () => {
    await backend.saveState('r', snapshot)
    const write = () => backend.updateState('r', { currentStepIndex: 1 })
    await admin.configSet('maxmemory', '1mb')
    await expect(write()).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('OOM') })
    await admin.configSet('maxmemory', '0')
    await admin.sendCommand(['REPLICAOF', '127.0.0.1', '1'])
    await expect(write()).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('READONLY') })
    await admin.sendCommand(['REPLICAOF', 'NO', 'ONE'])
    await admin.configSet('busy-reply-threshold', '1')
    const held = admin.sendCommand(['EVAL', 'while true do end', '0']).catch(() => {})
    await expect.poll(() => write().catch((error) => error.code), { interval: 1 }).toBe('BUSY')
    await redis.sendCommand(['SCRIPT', 'KILL'])
    await held
    expect((await backend.loadState('r'))?.currentStepIndex).toBe(0)
    expect(await write()).toEqual({ version: 2 })
  })

  it('does not know what became of a commit whose answer was lost, and says so', async () => {
    await backend.saveState('r', snapshot)
    let commits = 0
    const breaking: RedisClient = {
      sendCommand(words) {
        const answer = redis.sendCommand(words)
        // The second script of a write is the one that writes: the connection breaks while it is under way.
        if (words[0] === 'EVAL' && ++commits === 2) redis.destroy()
        return answer
      },
    }
    const error = await new RedisBackend(breaking).updateState('r', { currentStepIndex: 1 }).catch((error) => error)
    expect(isStateBackendError(error, 'COMMIT_UNKNOWN')).toBe(true)
    await expect(backend.loadState('r')).rejects.toMatchObject({ code: 'IO' })
    await redis.connect()
    expect((await backend.loadState('r'))?.runId).toBe('r')
  })
})

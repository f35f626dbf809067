import { setImmediate as nextTurn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { backendOf, handleOf } from './support/backends.js'
import { aState } from './support/state.js'
import { temporaryFile } from './support/temporary.js'

/** A handle that keeps what is run on it. */
function watchedHandle() {
  const statements: string[] = []
  const handle = new Database(temporaryFile(), { verbose: (sql) => void statements.push(String(sql)) })
  onTestFinished(() => {
    handle.close()
  })
  const count = (start: string) => statements.filter((sql) => sql.startsWith(start)).length
  return { handle, statements, count }
}

/** Makes writes of one run fail in SQLite. */
function sabotage(handle: Database.Database, event: string, runId: string): void {
  handle.exec(
    `create trigger sabotage before ${event} when new.run_id = '${runId}' begin select raise(abort, 'sabotage'); end`,
  )
}

describe('writes of one turn of the event loop', () => {
  it('share one commit, and are settled by their own results', async () => {
    const { handle, statements, count } = watchedHandle()
    const backend = backendOf(handle)
    await backend.saveState('r0', aState())
    // Who goes on at once is taken for a caller who waits for each write.
    await nextTurn()
    statements.length = 0
    const saves = Array.from({ length: 64 }, (_, i) =>
      backend.saveState(`r${i}`, aState({ currentStepIndex: i }), i === 7 ? { ifVersion: 5 } : {}),
    )
    const results = await Promise.allSettled(saves)
    expect([count('begin immediate'), count('commit'), count('rollback')]).toEqual([1, 1, 0])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(63)
    expect(results[7]).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT', runId: 'r7' } })
    expect(await backend.listStates()).toHaveLength(63)
  })

  it('see each other in the order in which they were made', async () => {
    const backend = backendOf(temporaryFile())
    const written = await Promise.all([
      backend.saveState('r', aState({ stepHistory: [{ n: 0 }] })),
      backend.updateState('r', { appendStepHistory: [{ n: 1 }] }),
      backend.deleteState('r'),
      backend.saveState('r', aState({ stepHistory: [{ n: 2 }] })),
      backend.updateState('r', { appendStepHistory: [{ n: 3 }, { n: 4 }] }),
      backend.saveState('r', aState({ stepHistory: [{ n: 2 }, { n: 5 }] })),
    ])
    expect(written.map((result) => result?.version)).toEqual([1, 2, undefined, 3, 4, 5])
    expect(await backend.loadState('r')).toMatchObject({ version: 5, stepHistory: [{ n: 2 }, { n: 5 }] })
  })

  it('do not fail with one that SQLite refuses', async () => {
    const { handle, statements, count } = watchedHandle()
    const backend = backendOf(handle)
    await backend.open()
    sabotage(handle, 'insert on workflow_state', 'bad')
    statements.length = 0
    const results = await Promise.allSettled(['a', 'bad', 'b'].map((runId) => backend.saveState(runId, aState())))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({
      reason: { code: 'IO', runId: 'bad', message: expect.stringContaining('sabotage') },
    })
    expect((await backend.listStates()).map(({ runId }) => runId)).toEqual(['b', 'a'])
    expect([count('begin immediate'), count('rollback')]).toEqual([4, 2])
    expect(handle.inTransaction).toBe(false)
  })

  it('are all or nothing, each of them', async () => {
    const handle = handleOf(temporaryFile())
    const backend = backendOf(handle)
    await backend.saveState('bad', aState())
    sabotage(handle, 'update on workflow_state', 'bad')
    const step = { runId: 'bad', stepName: 's', stepIndex: 0 }
    await expect(backend.saveStepResult(step, { state: { currentStepIndex: 1 } })).rejects.toMatchObject({ code: 'IO' })
    expect(await backend.listRunSteps('bad')).toEqual([])
    expect(await backend.getRunDetails('bad')).toBeNull()
    expect(await backend.loadState('bad')).toMatchObject({ version: 1, currentStepIndex: 0 })
  })

  it('are BUSY together, without waiting for each alone', async () => {
    const path = temporaryFile()
    const backend = backendOf(path, { busyTimeoutMs: 50 })
    await backend.open()
    const other = handleOf(path)
    other.exec('begin immediate')
    const begin = performance.now()
    const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((runId) => backend.saveState(runId, aState())))
    expect(results.map((result) => result.status === 'rejected' && result.reason.code)).toEqual(Array(4).fill('BUSY'))
    expect(performance.now() - begin).toBeLessThan(5000)
    other.exec('rollback')
    expect(await backend.listStates()).toEqual([])
  })
})

describe('a full disk', () => {
  it('is an IO error, and what was there stays', async () => {
    const handle = handleOf(temporaryFile())
    const backend = backendOf(handle)
    await backend.saveState('r', aState())
    handle.pragma(`max_page_count = ${Number(handle.pragma('page_count', { simple: true })) + 5}`)
    const big = aState({ lastStepOutput: 'x'.repeat(1_000_000) })
    const results = await Promise.allSettled([backend.saveState('r', big), backend.saveState('small', aState())])
    expect(results[0]).toMatchObject({ reason: { code: 'IO', message: expect.stringContaining('disk is full') } })
    expect(results[1]).toMatchObject({ status: 'fulfilled' })
    expect(await backend.loadState('r')).toMatchObject({ version: 1, lastStepOutput: null })
    handle.pragma('max_page_count = 1000000')
    expect(await backend.saveState('r', big)).toEqual({ version: 2 })
  })
})

describe('what is damaged', () => {
  it('is CORRUPT with its run, never an empty answer, and its neighbours are readable', async () => {
    const handle = handleOf(temporaryFile())
    const backend = backendOf(handle)
    for (const runId of ['good', 'bad']) {
      await backend.saveState(runId, aState())
      await backend.saveStepResult({ runId, stepName: 's', stepIndex: 0 })
    }
    handle.pragma('ignore_check_constraints = on')
    for (const table of ['workflow_state', 'runs', 'steps'])
      handle.prepare(`update ${table} set status = 'lost' where run_id = 'bad'`).run()
    const corrupt = { code: 'CORRUPT', runId: 'bad', path: '$.status' }
    for (const read of [
      () => backend.loadState('bad'),
      () => backend.getRunDetails('bad'),
      () => backend.listRunSteps('bad'),
      () => backend.listStates(),
      () => backend.listRuns(),
      () => backend.updateState('bad', { currentStepIndex: 1 }),
    ])
      await expect(read()).rejects.toMatchObject(corrupt)
    expect(await backend.loadState('good')).not.toBeNull()
    expect(await backend.listRunSteps('good')).toHaveLength(1)
    await backend.deleteRun('bad', { force: true }).catch((error) => expect(error).toMatchObject(corrupt))
  })

  it('cannot be made so by a statement: the tables are strict and know the statuses', async () => {
    const handle = handleOf(temporaryFile())
    const backend = backendOf(handle)
    await backend.saveState('r', aState())
    for (const set of ["status = 'lost'", "created_at = 'yesterday'", 'pipeline_context = null'])
      expect(() => handle.exec(`update workflow_state set ${set}`)).toThrow(Database.SqliteError)
  })

  it('says which index is missing', async () => {
    const handle = handleOf(temporaryFile())
    const backend = backendOf(handle)
    await backend.open()
    handle.exec('drop index workflow_state_by_created')
    await expect(backend.listStates()).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('workflow_state_by_created'),
    })
  })
})

describe('stored text', () => {
  it('is open to json_extract where it is plain', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.saveState('r', aState({ metadata: { tenant: 't1' }, lastStepOutput: [1, 2] }))
    const row = handleOf(path)
      .prepare(
        `select json_extract(pipeline_context, '$.customer.id') customer, json_extract(metadata, '$.tenant') tenant,
           json_extract(last_step_output, '$[1]') output from workflow_state`,
      )
      .get()
    expect(row).toEqual({ customer: 'c1', tenant: 't1', output: 2 })
  })

  it('of ids is never SQL', async () => {
    const handle = handleOf(temporaryFile())
    const backend = backendOf(handle)
    const ids = [
      `'; drop table runs; --`,
      `") or 1=1 --`,
      '%',
      '_',
      '?',
      ':runId',
      '$1',
      '`',
      '[x]',
      '0x00',
      'NULL',
      '\u{ffff}',
      '😀',
    ]
    for (const runId of ids) {
      await backend.saveStepResult({ runId, stepName: runId, stepIndex: 0, executionId: runId })
      await backend.saveState(runId, aState({ pipelineName: runId, pipelineId: runId, pipelineVersion: runId }))
      await backend.setSystemState(runId, { runId })
    }
    for (const id of ids) {
      expect(
        (await backend.listWorkflows({ pipelineName: id, pipelineId: id, pipelineVersion: id })).map(
          ({ runId }) => runId,
        ),
      ).toEqual([id])
      expect(await backend.listRunSteps(id)).toMatchObject([{ runId: id, executionId: id }])
      expect(await backend.getSystemState(id)).toMatchObject({ key: id, value: { runId: id } })
      await backend.deleteRun(id)
    }
    expect(await backend.listRuns()).toEqual([])
  })
})

describe('views', () => {
  it('show times as text, and what a run has cost', async () => {
    const path = temporaryFile()
    const clock = () => new Date('2026-03-01T12:34:56.789Z')
    const backend = backendOf(path, { clock })
    const time = clock().getTime()
    await backend.saveState('r', aState({ createdAt: new Date('0001-01-01T00:00:00.001Z'), stepHistory: [{}, {}] }))
    await backend.saveRunStart({ runId: 'r', createdAt: new Date('9999-12-31T23:59:59.999Z') })
    for (const [stepIndex, costUsd] of [0.1, 0.2].entries())
      await backend.saveStepResult({ runId: 'r', stepName: 's', stepIndex, costUsd })
    await backend.saveSpans('r', [{ spanId: 'a', name: 'n', startTime: time, endTime: time + 1.5 }])
    await backend.persistEvaluation('r', { score: 1 })
    await backend.setSystemState('k', { a: 1 })
    await backend.claimRun('r', { owner: 'w', leaseMs: 1 })
    const handle = handleOf(path)
    const row = (view: string) => handle.prepare(`select * from ${view}_readable`).get()
    expect(row('workflow_state')).toMatchObject({
      created_at: '0001-01-01T00:00:00.001Z',
      updated_at: '2026-03-01T12:34:56.789Z',
      history_length: 2,
    })
    expect(row('runs')).toMatchObject({
      created_at: '9999-12-31T23:59:59.999Z',
      ended_at: null,
      total_cost_usd: 0.1 + 0.2,
    })
    expect(row('steps')).toMatchObject({ created_at: '2026-03-01T12:34:56.789Z', cost_usd: 0.1 })
    expect(row('spans')).toMatchObject({ start_time: '2026-03-01T12:34:56.789Z', duration_ms: 1.5 })
    expect(row('evaluations')).toMatchObject({ created_at: '2026-03-01T12:34:56.789Z', score: 1 })
    expect(row('system_state')).toMatchObject({ key: 'k', updated_at: '2026-03-01T12:34:56.789Z' })
    expect(row('leases')).toMatchObject({ owner: 'w', expires_at: '2026-03-01T12:34:56.790Z' })
  })
})

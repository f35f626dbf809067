/** The same promises, with real processes and real files. */
import { listResumable, resumeWorkflow, runWorkflow } from '@flujo-state/runner'
import { describe, expect, it } from 'vitest'
import { journalWorkflow } from './programs/workflow.js'
import { ManualClock } from './support/clock.js'
import { expectComplete, killAtWrite, killInStep, LATER, place } from './support/kills.js'
import { mortal } from './support/mortal.js'

describe.each(['files', 'SQLite'] as const)('processes that share %s', (kind) => {
  // `kills.long.ts` tries every step and every write.
  it('killed with SIGKILL in the middle of a step: that step runs again, no other', () => killInStep(kind, 'b'))

  it('killed with SIGKILL while it writes: no finished step runs again', async () => {
    await Promise.all([6, 9].map((write) => killAtWrite(kind, write)))
  })

  it('paused by SIGTERM after the step under way', async () => {
    const { journal, start, entries, open } = place(kind)
    const child = start({ waitIn: 'b' })
    await child.line(/in b/)
    child.signal('SIGTERM')
    child.tell('go on')
    expect(await child.line(/^(done|error)/)).toBe('done paused')
    expect(await child.ended).toEqual({ code: 0, signal: null, errors: '' })
    const backend = open(0)
    expect(await listResumable(backend)).toMatchObject([
      { pause: { stepName: 'c', by: 'signal' }, currentStepIndex: 2 },
    ])
    const result = await resumeWorkflow(journalWorkflow(journal, 'parent'), { backend, runId: 'r' })
    expect(result.status).toBe('completed')
    expect(entries().filter((line) => line.endsWith('begins'))).toEqual([
      'child r a begins',
      'child r b begins',
      'parent r c begins',
    ])
  })

  it('paused by SIGTERM in a step that heeds ctx.signal; a second one ends the process', async () => {
    const { start, open } = place(kind)
    const heeding = start({ waitIn: 'b', heedSignal: true })
    await heeding.line(/in b/)
    heeding.signal('SIGTERM')
    expect(await heeding.line(/^(done|error)/)).toBe('done paused')
    expect(await open(0).loadState('r')).toMatchObject({ status: 'paused', currentStepIndex: 1 })

    const deaf = start({ waitIn: 'a', runId: 's' })
    await deaf.line(/in a/)
    deaf.signal('SIGTERM')
    // It is told that the first was handled by what it does with the second; signals of one kind merge while pending.
    const again = setInterval(() => deaf.signal('SIGTERM'), 20)
    expect(await deaf.ended).toMatchObject({ signal: 'SIGTERM' })
    clearInterval(again)
  })

  it('of two that resume one run, exactly one works', async () => {
    const { journal, start, entries, open } = place(kind)
    const backend = open(0)
    const workflow = journalWorkflow(journal, 'parent')
    await runWorkflow(workflow, { backend, runId: 'r', input: 1, signal: AbortSignal.abort() })
    const orders = { action: 'resume', waitToBegin: true, waitIn: 'a' } as const
    const workers = ['one', 'two'].map((who) => start({ ...orders, who }))
    await Promise.all(workers.map((worker) => worker.line(/ready/)))
    for (const worker of workers) worker.tell('go')
    const loser = await Promise.race(workers.map(async (worker) => [worker, await worker.line(/^error/)] as const))
    expect(loser[1]).toBe('error RUN_CLAIMED')
    const winner = workers.find((worker) => worker !== loser[0])
    await winner?.line(/in a/)
    winner?.tell('go on')
    expect(await winner?.line(/^(done|error)/)).toBe('done completed')
    expect(entries()).toHaveLength(6)
    await expectComplete(backend)
  })

  it('frozen past its lease and thawed after another has finished: writes nothing, does nothing', async () => {
    const { journal, start, entries, open, later } = place(kind)
    const frozen = start({ waitIn: 'b' })
    await frozen.line(/in b/)
    frozen.signal('SIGSTOP')
    const other = later()
    const workflow = journalWorkflow(journal, 'parent')
    expect(await resumeWorkflow(workflow, { backend: other, runId: 'r' })).toMatchObject({ status: 'completed' })
    const look = open(0)
    const read = async () => [await look.loadState('r'), await look.listRunSteps('r'), await look.getTrace('r')]
    const before = await read()
    frozen.signal('SIGCONT')
    frozen.tell('go on')
    expect(await frozen.line(/^(done|error)/)).toBe('error STALE_LEASE')
    await frozen.ended
    expect(await read()).toEqual(before)
    expect(entries().filter((line) => line.startsWith('child'))).not.toContain('child r c begins')
  })

  it('four that recover at the same time go on with each run once', async () => {
    const { journal, start, entries, open } = place(kind)
    const past = open(-LATER)
    const runIds = ['r1', 'r2', 'r3', 'r4', 'r5']
    for (const runId of runIds) {
      const { backend } = mortal(past, 7, 'before')
      const workflow = journalWorkflow(journal, 'dead')
      await runWorkflow(workflow, { backend, runId, input: 1, clock: new ManualClock() }).catch(() => {})
    }
    const workers = ['1', '2', '3', '4'].map((who) => start({ action: 'recover', waitToBegin: true, who }))
    await Promise.all(workers.map((worker) => worker.line(/ready/)))
    for (const worker of workers) worker.tell('go')
    const reports = await Promise.all(workers.map((worker) => worker.line(/^(done|error)/)))
    expect(reports.map((report) => report.replace(/^done \d+ /, ''))).toEqual(['0', '0', '0', '0'])
    expect(reports.reduce((sum, report) => sum + Number(report.split(' ')[1]), 0)).toBe(5)
    const begun = entries().filter((line) => line.endsWith('begins') && !line.startsWith('dead'))
    expect(begun.map((line) => line.replace(/^\d /, '')).sort()).toEqual(
      runIds.flatMap((runId) => [`${runId} b begins`, `${runId} c begins`]),
    )
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { listResumable, recover } from '@flujo-state/runner'
import { expect } from 'vitest'
import type { Orders } from '../programs/worker.js'
import { journalWorkflow, type Kind, openBackend } from '../programs/workflow.js'
import { closedAfterwards, temporaryFolder } from './backends.js'
import { WorkerProcess } from './processes.js'

/** Longer than any lease, in milliseconds. */
export const LATER = 3_600_000

/** A store on disk and a journal of what steps have done; `later` sees the store when all leases have ended. */
export function place(kind: Kind) {
  const folder = temporaryFolder()
  const [path, journal] = [join(folder, kind === 'SQLite' ? 'store.db' : 'store'), join(folder, 'journal')]
  const open = (ms: number) => closedAfterwards(openBackend(kind, path, { clock: () => new Date(Date.now() + ms) }))
  const start = (orders: Partial<Orders>) =>
    new WorkerProcess({ kind, path, journal, who: 'child', action: 'run', runId: 'r', ...orders })
  const entries = () => {
    try {
      return readFileSync(journal, 'utf8').split('\n').filter(Boolean)
    } catch {
      return []
    }
  }
  return { journal, open, start, entries, later: () => open(LATER) }
}

export async function expectComplete(backend: StateBackend): Promise<void> {
  expect(await backend.loadState('r')).toMatchObject({
    status: 'completed',
    currentStepIndex: 3,
    lastStepOutput: 4,
    pipelineContext: { done: ['a', 'b', 'c'] },
  })
  expect(await backend.listRunSteps('r')).toMatchObject([{ output: 2 }, { output: 3 }, { output: 4 }])
  expect(await backend.getRunDetails('r')).toMatchObject({ status: 'completed' })
  expect(await backend.getTrace('r')).toMatchObject({ spanId: 'run', status: 'completed' })
}

/** A process killed with SIGKILL in the middle of step `name`; what is left is then recovered here. */
export async function killInStep(kind: Kind, name: string): Promise<void> {
  const { journal, start, entries, later } = place(kind)
  const child = start({ waitIn: name })
  await child.line(new RegExp(`in ${name}`))
  child.signal('SIGKILL')
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })

  const backend = later()
  expect(await listResumable(backend)).toMatchObject([{ runId: 'r', why: 'abandoned' }])
  const workflow = journalWorkflow(journal, 'parent')
  expect(await recover(backend, { workflows: [workflow] })).toMatchObject({ resumed: [{ status: 'completed' }] })
  await expectComplete(backend)
  const begun = entries().filter((line) => line.endsWith('begins'))
  expect(begun).toEqual([
    ...['a', 'b', 'c'].filter((step) => step <= name).map((step) => `child r ${step} begins`),
    ...['a', 'b', 'c'].filter((step) => step >= name).map((step) => `parent r ${step} begins`),
  ])
}

/** The number of writes of an undisturbed run of `journalWorkflow`. */
export const WRITES = 16

/** A process killed with SIGKILL while its write number `dieAtWrite` is under way; what is left is then recovered here. */
export async function killAtWrite(kind: Kind, dieAtWrite: number): Promise<void> {
  const { journal, start, entries, later } = place(kind)
  const child = start({ dieAtWrite })
  expect([dieAtWrite, await child.ended]).toEqual([dieAtWrite, { code: null, signal: 'SIGKILL', errors: '' }])
  const backend = later()
  const finished = (await backend.listRunSteps('r')).map(({ stepName }) => stepName)
  const { resumed, errors } = await recover(backend, { workflows: [journalWorkflow(journal, 'parent')] })
  expect(errors).toEqual([])
  if ((await backend.loadState('r')) === null) {
    // Nothing was stored, so nothing was done.
    expect([entries(), resumed]).toEqual([[], []])
    return
  }
  await expectComplete(backend)
  const again = ['a', 'b', 'c'].filter((name) => entries().includes(`parent r ${name} begins`))
  expect([dieAtWrite, [...finished, ...again]]).toEqual([dieAtWrite, ['a', 'b', 'c']])
}

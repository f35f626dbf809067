import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InMemoryBackend } from '@flujo-state/memory'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { measure } from '../src/harness/measure.js'
import { memory, type Place } from '../src/subjects/place.js'
import { newest } from '../src/work/list.js'
import { loadState } from '../src/work/load-state.js'
import { saveState } from '../src/work/save-state.js'
import { stats } from '../src/work/stats.js'
import { growingHistory, stepCommit } from '../src/work/step-commit.js'

/** Backends that would look fast, each by leaving one thing out. */
class SavesNothing extends InMemoryBackend {
  override saveState = async () => ({ version: 1 })
}
class SavesTheFirstOnly extends InMemoryBackend {
  readonly #saved = new Set<string>()
  override saveState(...args: Parameters<InMemoryBackend['saveState']>) {
    if (this.#saved.has(args[0])) return Promise.resolve({ version: 1 })
    this.#saved.add(args[0])
    return super.saveState(...args)
  }
}
class LoadsNothing extends InMemoryBackend {
  override loadState = async () => null
}
class ForgetsHistory extends InMemoryBackend {
  override saveStepResult(...[step]: Parameters<InMemoryBackend['saveStepResult']>): Promise<never> {
    return super.saveStepResult(step) as Promise<never>
  }
}
class ListsNothing extends InMemoryBackend {
  override listWorkflows = async () => []
}
class CountsOnce extends InMemoryBackend {
  override getWorkflowStats = async () => {
    const statusCounts = { running: 1, paused: 0, completed: 0, failed: 0, cancelled: 0 }
    const backgroundStatusCounts = { ...statusCounts, running: 0 }
    return { totalWorkflows: 1, statusCounts, recentWorkflows24h: 0, averageExecutionTimeMs: 0, backgroundStatusCounts }
  }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flujo-bench-'))
})
afterEach(() => rm(folder, { recursive: true }))

test.each([
  [SavesNothing, saveState],
  [SavesTheFirstOnly, saveState],
  [LoadsNothing, loadState],
  [ForgetsHistory, stepCommit],
  [SavesTheFirstOnly, growingHistory],
  [ListsNothing, newest],
  [CountsOnce, stats],
])('a backend that cheats is found out: %o', async (Cheat, work) => {
  const place: Place = { ...memory, openOurs: () => new Cheat() }
  const [contest] = work([place], { quick: true, full: false, peers: null })
  const site = { folder, shared: folder, say: () => {} }
  const played = contest && measure(contest, site, { warmUp: 1, measured: 1, tidy: false })
  await expect(played).rejects.toThrow('The benchmark measured nothing real')
})

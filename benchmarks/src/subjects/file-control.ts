import { type FileHandle, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowStatus } from '@flujo-state/core'
import type { PlainState, PlainStep } from '../content.js'
import {
  type Control,
  type Entry,
  type ListControl,
  type Loaded,
  newestFirst,
  recount,
  type StepChange,
} from './control.js'

const AT_ONCE = 64

/**
 * One JSON file per run in a folder that is there, replaced by a temporary file, fsync, rename and an fsync of the directory, all asynchronous. Steps are
 * lines at the end of a log that stays open, each with its fsync. Lists and counts read every file: there is nothing else.
 */
export class FileControl implements Control, ListControl {
  readonly #folder: string
  readonly #logs = new Map<string, Promise<FileHandle>>()
  #serial = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  async save(runId: string, state: PlainState): Promise<void> {
    const temporary = join(this.#folder, `${runId}.${this.#serial++}.tmp`)
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(JSON.stringify({ ...state, runId }))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, this.#path(runId))
    const directory = await open(this.#folder)
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }

  async saveAll(entries: readonly Entry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += AT_ONCE)
      await Promise.all(entries.slice(from, from + AT_ONCE).map(({ runId, state }) => this.save(runId, state)))
  }

  async load(runId: string): Promise<Loaded | null> {
    return this.#read(`${runId}.json`)
  }

  async #read(name: string) {
    return JSON.parse(await readFile(join(this.#folder, name), 'utf8'))
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => name.endsWith('.json'))
  }

  async #readAll() {
    const names = await this.#names()
    const states: (PlainState & { runId: string })[] = []
    for (let from = 0; from < names.length; from += AT_ONCE)
      states.push(...(await Promise.all(names.slice(from, from + AT_ONCE).map((name) => this.#read(name)))))
    return states.map((state) => ({ ...state, createdAt: new Date(state.createdAt) }))
  }

  async newest(status: WorkflowStatus, limit: number) {
    const states = await this.#readAll()
    return newestFirst(states.filter((state) => state.status === status)).slice(0, limit)
  }

  async stats(recentFrom: number) {
    return recount(await this.#readAll(), recentFrom)
  }

  async saveStep(step: PlainStep, change: StepChange): Promise<void> {
    const log = await this.#logOf(step.runId)
    await log.appendFile(`${JSON.stringify({ step, change })}\n`)
    await log.sync()
  }

  #logOf(runId: string): Promise<FileHandle> {
    const log = this.#logs.get(runId) ?? open(join(this.#folder, `${runId}.log`), 'a')
    this.#logs.set(runId, log)
    return log
  }

  async count(): Promise<number> {
    return (await this.#names()).length
  }

  async countSteps(runId: string): Promise<number> {
    const text = await readFile(join(this.#folder, `${runId}.log`), 'utf8')
    return text.trimEnd().split('\n').length
  }

  async close(): Promise<void> {
    for (const log of this.#logs.values()) await (await log).close()
  }

  #path(runId: string): string {
    return join(this.#folder, `${runId}.json`)
  }
}

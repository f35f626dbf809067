import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BoundResult } from '../bounds/bound.js'
import type { Absent } from '../peers/install.js'
import type { ShapeResult } from '../shape/shape.js'
import type { Settings } from '../subjects/place.js'
import type { ContestResult, Rounds } from './measure.js'

/** What the process of one contest is told. */
export interface ContestTask {
  readonly id: string
  readonly folder: string
  readonly shared: string
  readonly rounds: Rounds
  readonly settings: Settings
}

export interface BoundTask {
  readonly id: string
  readonly folder: string
  readonly settings: Settings
}

/** What a process says. */
type Message =
  | { readonly kind: 'says'; readonly text: string }
  | { readonly kind: 'result'; readonly result: never }
  | { readonly kind: 'error'; readonly message: string }

type Say = (text: string) => void

/**
 * Plays a contest in a process of its own: what the engine learns from one piece of work (the kinds of stores it has seen, how
 * its heap is filled) never changes the figures of the next, and a line measured alone gives what it gives in the whole table.
 * With `profiles`, a folder, the process leaves a CPU profile there.
 */
export function measureApart(task: ContestTask, profiles: string | null, say: Say): Promise<ContestResult> {
  const profiling = profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
  return apart('../contest-child.ts', task.id, task, profiling, say)
}

export function countApart(folder: string): Promise<ShapeResult[]> {
  return apart('../shape-child.ts', 'shape', folder, [], () => {})
}

export function boundApart(task: BoundTask, say: Say): Promise<BoundResult[]> {
  return apart('../bound-child.ts', task.id, task, [], say)
}

/** The peers that do not run, of those installed in the folder. */
export function absentApart(folder: string): Promise<Absent[]> {
  return apart('../peers-child.ts', 'peers', folder, [], () => {})
}

/** Starts a script of ours, which is TypeScript, in a process of its own. */
export function forkScript(script: string, flags: readonly string[] = []) {
  return fork(fileURLToPath(new URL(script, import.meta.url)), {
    execArgv: [...flags, '--import', new URL('../loader/register.mjs', import.meta.url).href],
  })
}

function apart<Result>(script: string, name: string, task: object | string, flags: string[], say: Say) {
  const child = forkScript(script, flags)
  return new Promise<Result>((resolve, reject) => {
    let result: Result | undefined
    child.on('message', (message: Message) => {
      if (message.kind === 'says') say(message.text)
      else if (message.kind === 'result') result = message.result
      else reject(new Error(`${name}: ${message.message}`))
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (result !== undefined && code === 0) resolve(result)
      else reject(new Error(`${name}: the process ended with ${signal ?? `code ${code}`}`))
    })
    child.send(task)
  })
}

/** The other end: does the task that this process is told, says what came out, and ends. */
export function answerWith<Task, Result>(work: (task: Task, say: Say) => Promise<Result>): void {
  const send = (message: object) => void process.send?.(message)
  process.once('message', (task: Task) => {
    work(task, (text) => send({ kind: 'says', text }))
      .then((result) => send({ kind: 'result', result }))
      .catch((error: Error) => {
        // The stack has paths of this machine in it: it is shown, but not handed on to the results.
        console.error(error)
        send({ kind: 'error', message: error.message })
      })
      .finally(() => process.disconnect())
  })
}

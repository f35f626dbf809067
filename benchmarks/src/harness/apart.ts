import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ContestResult, Rounds } from './measure.js'

/** What the process of one contest is told. */
export interface Task {
  readonly id: string
  readonly folder: string
  readonly rounds: Rounds
  readonly quick: boolean
}
/** What it says. */
export type Message =
  | { readonly kind: 'round'; readonly round: number }
  | { readonly kind: 'result'; readonly result: ContestResult }
  | { readonly kind: 'error'; readonly message: string }

/**
 * Plays a contest in a process of its own: what the engine learns from one piece of work (the kinds of stores it has seen, how
 * its heap is filled) never changes the figures of the next, and a line measured alone gives what it gives in the whole table.
 */
export function measureApart(task: Task, onRound: (round: number) => void): Promise<ContestResult> {
  const child = fork(fileURLToPath(new URL('../child.ts', import.meta.url)), {
    execArgv: ['--import', new URL('../loader/register.mjs', import.meta.url).href],
  })
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.kind === 'round') onRound(message.round)
      else if (message.kind === 'result') resolve(message.result)
      else reject(new Error(`${task.id}: ${message.message}`))
    })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      reject(new Error(`${task.id}: the process ended with ${signal ?? `code ${code}`}`)),
    )
    child.send(task)
  })
}

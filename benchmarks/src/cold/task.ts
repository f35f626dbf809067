// What a cold start is told, on its command line: a file with the task, and the path of the database to make.
import { readFileSync } from 'node:fs'
import type { PlainState } from '../content.js'

interface Task {
  readonly runId: string
  readonly state: PlainState
  /** The tables and indexes of ours. */
  readonly schema: readonly string[]
}

const [, , file = '', database = ''] = process.argv
const task: Task = JSON.parse(readFileSync(file, 'utf8'))

export const { runId, schema } = task
export const state: PlainState = { ...task.state, createdAt: new Date(task.state.createdAt) }
export const path = database

/** Tells how long it took, and with how much processor time since the process began. */
export function report(millis: number): void {
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ millis, cpuMicros: user + system }))
}

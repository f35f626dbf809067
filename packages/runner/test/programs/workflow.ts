import { appendFileSync } from 'node:fs'
import type { BackendOptions, StateBackend } from '@flujo-state/core'
import { FileBackend } from '@flujo-state/file'
import { defineWorkflow, type StepContext, step } from '@flujo-state/runner'
import { SQLiteBackend } from '@flujo-state/sqlite'

export type Kind = 'files' | 'SQLite'

export function openBackend(kind: Kind, path: string, options: BackendOptions = {}): StateBackend {
  return kind === 'SQLite' ? new SQLiteBackend(path, options) : new FileBackend(path, options)
}

/** What a step does to the world outside: begin and end in a journal, told from each other by who wrote. */
export type InStep = (ctx: StepContext) => unknown

/** Three steps; `inStep` is called in the middle of each. */
export function journalWorkflow(journal: string, who: string, inStep: InStep = () => {}) {
  const doing = (name: string) =>
    step(name, async (ctx, input: number) => {
      appendFileSync(journal, `${who} ${ctx.runId} ${name} begins\n`)
      await inStep(ctx)
      ctx.context.done = [...(ctx.context.done ?? []), name]
      appendFileSync(journal, `${who} ${ctx.runId} ${name} ends\n`)
      return input + 1
    })
  return defineWorkflow({ id: 'journal', version: '1', steps: [doing('a'), doing('b'), doing('c')] })
}

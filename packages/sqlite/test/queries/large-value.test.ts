/** Payloads that stand apart come back as they were, are written once, and leave nothing behind. */
import { statSync } from 'node:fs'
import type { StorableObject, WorkflowStateInput } from '@flujo-state/core'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SQLiteBackend } from '../../src/index.js'
import { backendOf, handleOf } from '../support/backends.js'
import { aState } from '../support/state.js'
import { temporaryFile } from '../support/temporary.js'

/** Text that compresses badly, of `length` characters. */
function textOf(length: number, seed = 1): string {
  let state = seed
  const units = Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return 33 + ((state >>> 16) % 90)
  })
  return Buffer.from(units).toString('latin1')
}

const MEGABYTE = textOf(2 ** 20)
/** So many that the write-ahead log begins anew several times. */
const SAVES = 200
const count = (path: string, sql: string) => handleOf(path, { readonly: true }).prepare(sql).pluck().get()

describe('a large payload', () => {
  it('comes back as it was, whatever is changed, and only the pieces that are needed are kept', async () => {
    const text = fc.oneof(
      fc.constant('small'),
      fc
        .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1000, max: 200_000 }), fc.constantFrom('', 'é', '😀'))
        .map(([seed, length, more]) => more + textOf(length, seed) + more),
    )
    const context = fc.option(text.map((doc) => ({ doc }) as StorableObject))
    const output = fc.option(text)
    const command = fc.record({ kind: fc.constantFrom('save', 'update', 'delete', 'deleteRun'), context, output })
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (commands) => {
        const handle = new Database(':memory:')
        const backend = new SQLiteBackend(handle, { offloadBytes: 2000 })
        await backend.open()
        let expected: Record<string, unknown> | null = null
        for (const { kind, context, output } of commands) {
          const given: Partial<WorkflowStateInput> = {
            ...(context && { pipelineContext: context }),
            ...(output !== null && { lastStepOutput: output }),
          }
          if (kind === 'delete') await backend.deleteState('r')
          else if (kind === 'deleteRun') await backend.deleteRun('r')
          else if (kind === 'save' || expected === null) await backend.saveState('r', aState(given))
          else await backend.updateState('r', given)
          const fresh = { pipelineContext: aState().pipelineContext, lastStepOutput: null }
          if (kind.startsWith('delete')) expected = null
          else expected = { ...(kind === 'save' || expected === null ? fresh : expected), ...given }
          const loaded = await backend.loadState('r')
          const { pipelineContext, lastStepOutput } = loaded ?? {}
          expect(loaded && { pipelineContext, lastStepOutput }).toEqual(expected)
        }
        const [stored, referred] = [
          'select count(*) from large_values',
          `select count(distinct piece.value) from workflow_state, json_each(large) payload, json_each(payload.value) piece`,
        ].map((sql) => handle.prepare(sql).pluck().get())
        expect(stored).toBe(referred)
        await backend.shutdown()
        handle.close()
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  it.each([
    ['does not change', () => ({ doc: MEGABYTE })],
    ['stands behind a small value that changes', (i: number) => ({ i, doc: MEGABYTE })],
    [
      'grows by a little',
      (i: number) => ({ doc: MEGABYTE, messages: Array.from({ length: i }, (_, n) => `message ${n}`) }),
    ],
  ])(
    'of a megabyte that %s is not written again: all files together stay below 5 MB',
    async (_what, contextOf) => {
      const path = temporaryFile()
      const backend = backendOf(path, { durability: 'normal' })
      let largest = 0
      for (let i = 0; i < SAVES; i++) {
        await backend.saveState('r', aState({ currentStepIndex: i, pipelineContext: contextOf(i) }))
        largest = Math.max(largest, statSync(path).size + statSync(`${path}-wal`).size)
      }
      expect(largest).toBeLessThan(5 * 2 ** 20)
      expect((await backend.loadState('r'))?.pipelineContext).toEqual(contextOf(SAVES - 1))
    },
    60_000,
  )

  it('leaves smaller payloads where json_extract finds them', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.saveState(
      'r',
      aState({ pipelineContext: { id: 'c1', text: 'x'.repeat(60_000) }, lastStepOutput: MEGABYTE }),
    )
    expect(count(path, `select json_extract(pipeline_context, '$.id') from workflow_state`)).toBe('c1')
    expect(count(path, 'select json_valid(last_step_output) from workflow_state')).toBe(1)
  })

  it.each([
    ['a piece is gone', `delete from large_values where rowid = (select min(rowid) from large_values)`],
    ['a piece was changed', `update large_values set value = 'x' || value`],
    ['the list of pieces is no JSON', `update workflow_state set large = '{"pipelineContext":['`],
    ['the list of pieces is none', `update workflow_state set large = '{"pipelineContext":{"length":1}}'`],
    ['the list is of something else', `update workflow_state set large = '{"pipelineContext":[7]}'`],
  ])('is CORRUPT with the run if %s; the run can still be deleted', async (_what, damage) => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.saveState('r', aState({ pipelineContext: { doc: MEGABYTE } }))
    handleOf(path).exec(damage)
    await expect(backend.loadState('r')).rejects.toMatchObject({ code: 'CORRUPT', runId: 'r' })
    await backend.deleteRun('r')
    expect(count(path, 'select count(*) from large_values')).toBe(0)
  })
})

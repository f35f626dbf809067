import { InMemoryBackend } from '../../memory/src/index.js'
import { SQLiteStore } from '../src/store.js'
import { targetOf } from '../src/target.js'
import { decide } from '@flujo-state/core'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
const dir = mkdtempSync(join(tmpdir(), 'bench-'))
const ctx = (i: number) => ({ customer: { id: `c${i}`, name: 'Customer ' + i, tags: ['a', 'b', i] }, items: Array.from({ length: 8 }, (_, k) => ({ sku: `sku-${k}-${i}`, qty: k, price: 12.5 * k + i, note: 'some ordinary text of a line item, number ' + (i * k) })), n: i })
const state = (i: number) => ({ pipelineId: 'orders', pipelineName: 'Orders', pipelineVersion: '1.0', currentStepIndex: i % 7, pipelineContext: ctx(i), status: 'running' as const, lastStepOutput: { ok: true, i }, metadata: { tenant: 't' + (i % 10) } })
const draft = (i: number) => ({ runId: 'run-' + (i % 64), pipelineId: 'orders', pipelineName: 'Orders', pipelineVersion: '1.0', currentStepIndex: i % 7, pipelineContext: JSON.stringify(ctx(i)), lastStepOutput: JSON.stringify({ ok: true, i }), status: 'running' as const, createdAt: null, updatedAt: null, totalSteps: 0, errorMessage: null, executionTimeMs: null, memoryUsageMb: null, metadata: '{"tenant":"t1"}', isBackgroundTask: false, parentRunId: null, taskId: null, backgroundError: null })
const m = new InMemoryBackend()
for (let r = 0; r < 4; r++) { const t = performance.now(); for (let i = 0; i < 20000; i++) await m.saveState('run-' + (i % 64), state(i)); console.log('memory backend save us', (performance.now() - t) / 20) }
{ const t = performance.now(); let x = 0; for (let i = 0; i < 50000; i++) x += JSON.stringify(state(i)).length; console.log('state+stringify us', (performance.now() - t) / 50) }
const s = new SQLiteStore(targetOf(join(dir, 'x.db')), { durability: 'normal', busyTimeoutMs: 5000, migrate: 'auto' })
await s.open()
const unit = (i: number) => { const d = draft(i); return { runId: d.runId, conditions: [], changes: [{ kind: 'save-state' as const, draft: d, history: [] }], emptyObject: '{}' } }
for (let r = 0; r < 4; r++) {
  const units = Array.from({ length: 12800 }, (_, i) => unit(i + r * 12800))
  let t = performance.now(); for (const u of units) await s.commit([u], decide); const a = performance.now() - t
  t = performance.now(); for (let i = 0; i < units.length; i += 64) await s.commit(units.slice(i, i + 64), decide); const b = performance.now() - t
  console.log('store.commit 1:', a / 12.8, 'us; of 64:', b / 12.8)
}
for (let r = 0; r < 3; r++) { const t = performance.now(); for (let i = 0; i < 20000; i++) await s.readState('run-' + (i % 64)); console.log('readState us', (performance.now() - t) / 20) }
const st = performance.now(); for (let i = 0; i < 20000; i++) (s as any).probe?.(i); 
rmSync(dir, { recursive: true })

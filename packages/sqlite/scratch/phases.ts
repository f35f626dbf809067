import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { Statements } from '../src/statement.js'
import { Queries } from '../src/queries/index.js'
import { TransactionQueries } from '../src/queries/database.js'
import { Writer } from '../src/writer.js'
import { printMigrations } from '../src/index.js'
import { decide } from '@flujo-state/core'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
const dir = mkdtempSync(join(tmpdir(), 'bench-'))
const db = new Database(join(dir, 'a.db')); db.pragma('journal_mode=WAL'); db.pragma('synchronous=1'); db.exec(printMigrations())
const q = new Queries(new Statements(db, drizzle(db))), tx = new TransactionQueries(db)
const ctx = (i: number) => ({ customer: { id: `c${i}`, name: 'Customer ' + i, tags: ['a', 'b', i] }, items: Array.from({ length: 8 }, (_, k) => ({ sku: `sku-${k}-${i}`, qty: k, price: 12.5 * k + i, note: 'some ordinary text of a line item, number ' + (i * k) })), n: i })
const draft = (i: number) => ({ runId: 'run-' + (i % 64), pipelineId: 'orders', pipelineName: 'Orders', pipelineVersion: '1.0', currentStepIndex: i % 7, pipelineContext: JSON.stringify(ctx(i)), lastStepOutput: JSON.stringify({ ok: true, i }), status: 'running' as const, createdAt: null, updatedAt: null, totalSteps: 0, errorMessage: null, executionTimeMs: null, memoryUsageMb: null, metadata: '{"tenant":"t1"}', isBackgroundTask: false, parentRunId: null, taskId: null, backgroundError: null })
const unit = (i: number) => { const d = draft(i); return { runId: d.runId, conditions: [], changes: [{ kind: 'save-state' as const, draft: d, history: [] }], emptyObject: '{}' } }
{ tx.begin('immediate'); const w = new Writer(q, decide, Date.now()); for (let i = 0; i < 64; i++) w.apply(unit(i)); tx.commit() }
const N = 20000
const T = { begin: 0n, head: 0n, decide: 0n, put: 0n, commit: 0n }
for (let r = 0; r < 3; r++) {
  for (const k in T) (T as any)[k] = 0n
  for (let i = 0; i < N; i++) {
    const u = unit(i)
    const t0 = process.hrtime.bigint()
    tx.begin('immediate'); const t1 = process.hrtime.bigint()
    const h = q.heads.read(u.runId); const t2 = process.hrtime.bigint()
    const d = decide(u, { ...h, step: null, counters: { version: 0, fence: 0, evaluation: 0 } }, Date.now()); const t3 = process.hrtime.bigint()
    q.states.put((d.writes[0] as any).row, h.state); const t4 = process.hrtime.bigint()
    tx.commit(); const t5 = process.hrtime.bigint()
    T.begin += t1 - t0; T.head += t2 - t1; T.decide += t3 - t2; T.put += t4 - t3; T.commit += t5 - t4
  }
  console.log(Object.entries(T).map(([k, v]) => k + ' ' + (Number(v) / N / 1000).toFixed(2)).join('  '))
}
const raw = db.prepare(`insert into workflow_state (run_id, version, pipeline_id, pipeline_name, pipeline_version, current_step_index, status, created_at, updated_at, total_steps, is_background_task, metadata, pipeline_context, last_step_output)
   values (?,?,?,?,?,?,?,?,?,?,?,?,?,?) on conflict(run_id) do update set version=excluded.version, current_step_index=excluded.current_step_index, updated_at=excluded.updated_at, metadata=excluded.metadata, pipeline_context=excluded.pipeline_context, last_step_output=excluded.last_step_output`)
for (let r = 0; r < 3; r++) {
  let a = 0n
  for (let i = 0; i < N; i++) { const d = draft(i); const t0 = process.hrtime.bigint(); raw.run(d.runId, i + 1e6, d.pipelineId, d.pipelineName, d.pipelineVersion, d.currentStepIndex, d.status, 1, Date.now(), 0, 0, d.metadata, d.pipelineContext, d.lastStepOutput); a += process.hrtime.bigint() - t0 }
  let t = performance.now(); tx.begin('immediate'); for (let i = 0; i < N; i++) { const d = draft(i); raw.run(d.runId, i + 1e6, d.pipelineId, d.pipelineName, d.pipelineVersion, d.currentStepIndex, d.status, 1, Date.now(), 0, 0, d.metadata, d.pipelineContext, d.lastStepOutput) } tx.commit(); const b = performance.now() - t
  t = performance.now(); for (let i = 0; i < N; i++) draft(i); const c = performance.now() - t
  console.log('raw upsert autocommit', Number(a) / N / 1000, 'in tx', (b - c) / N * 1000)
}
rmSync(dir, { recursive: true })

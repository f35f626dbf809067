import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { SQLiteBackend, printMigrations } from '../src/index.js'

const dir = mkdtempSync(join(tmpdir(), 'bench-'))
let files = 0
const now = () => performance.now()
const ctx = (i: number) => ({ customer: { id: `c${i}`, name: 'Customer ' + i, tags: ['a', 'b', i] }, items: Array.from({ length: 8 }, (_, k) => ({ sku: `sku-${k}-${i}`, qty: k, price: 12.5 * k + i, note: 'some ordinary text of a line item, number ' + (i * k) })), n: i })
const state = (i: number) => ({ pipelineId: 'orders', pipelineName: 'Orders', pipelineVersion: '1.0', currentStepIndex: i % 7, pipelineContext: ctx(i), status: 'running' as const, lastStepOutput: { ok: true, i }, metadata: { tenant: 't' + (i % 10) } })
console.log('context bytes', JSON.stringify(ctx(1)).length)

function raw(durability: 'full' | 'normal') {
  const db = new Database(join(dir, `raw${files++}.db`))
  db.pragma('journal_mode=WAL'); db.pragma('synchronous=' + durability)
  db.exec(printMigrations())
  const put = db.prepare(`insert into workflow_state (run_id, version, pipeline_id, pipeline_name, pipeline_version, current_step_index, status, created_at, updated_at, total_steps, is_background_task, metadata, pipeline_context, last_step_output)
   values (?,?,?,?,?,?,?,?,?,?,?,?,?,?) on conflict(run_id) do update set version=excluded.version, current_step_index=excluded.current_step_index, updated_at=excluded.updated_at, metadata=excluded.metadata, pipeline_context=excluded.pipeline_context, last_step_output=excluded.last_step_output`)
  const get = db.prepare('select * from workflow_state where run_id = ?')
  const begin = db.prepare('begin immediate'), commit = db.prepare('commit')
  let v = 0
  const save = (id: string, s: any) => put.run(id, ++v, s.pipelineId, s.pipelineName, s.pipelineVersion, s.currentStepIndex, s.status, 1, Date.now(), 0, 0, JSON.stringify(s.metadata), JSON.stringify(s.pipelineContext), JSON.stringify(s.lastStepOutput))
  const load = (id: string) => { const r: any = get.get(id); return { ...r, pipelineContext: JSON.parse(r.pipeline_context), lastStepOutput: JSON.parse(r.last_step_output), metadata: JSON.parse(r.metadata) } }
  return { db, save, load, begin, commit }
}
const ours = (durability: 'full' | 'normal') => new SQLiteBackend(join(dir, `ours${files++}.db`), { durability })
const median = (xs: number[]) => xs.sort((a, b) => a - b)[xs.length >> 1]!
const only = process.argv[2]
async function compare(name: string, rounds: number, n: number, a: () => Promise<(k: number) => Promise<void> | void>, b: () => Promise<(k: number) => Promise<void> | void>) {
  if (only && !name.includes(only)) return
  const ta: number[] = [], tb: number[] = []
  const fa = await a(), fb = await b()
  await fa(Math.ceil(n / 4)); await fb(Math.ceil(n / 4))
  for (let r = 0; r < rounds; r++) {
    let t = now(); await fa(n); ta.push(now() - t)
    t = now(); await fb(n); tb.push(now() - t)
  }
  const ma = median(ta), mb = median(tb)
  console.log(name.padEnd(34), `raw ${(n / ma * 1000).toFixed(0)}/s  ours ${(n / mb * 1000).toFixed(0)}/s  ratio ${(ma / mb).toFixed(2)}  (raw ${(1000 * ma / n).toFixed(1)} us, ours ${(1000 * mb / n).toFixed(1)} us)`)
}
let seq = 0
const IDS = 64
for (const d of ['normal', 'full'] as const) {
  await compare(`sequential save ${d}`, 7, d === 'full' ? 1500 : 5000, async () => { const r = raw(d); return (k) => { for (let i = 0; i < k; i++) { seq++; r.save('run-' + (seq % IDS), state(seq)) } } },
    async () => { const o = ours(d); await o.open(); return async (k) => { for (let i = 0; i < k; i++) { seq++; await o.saveState('run-' + (seq % IDS), state(seq)) } } })
  await compare(`64 in flight ${d} / raw each`, 7, d === 'full' ? 1920 : 6400, async () => { const r = raw(d); return (k) => { for (let i = 0; i < k; i++) { seq++; r.save('run-' + (seq % IDS), state(seq)) } } },
    async () => { const o = ours(d); await o.open(); return async (k) => { for (let i = 0; i < k; i += 64) await Promise.all(Array.from({ length: 64 }, () => { seq++; return o.saveState('run-' + (seq % IDS), state(seq)) })) } })
  await compare(`64 in flight ${d} / raw tx of 64`, 7, 6400, async () => { const r = raw(d); return (k) => { for (let i = 0; i < k; i += 64) { r.begin.run(); for (let j = 0; j < 64; j++) { seq++; r.save('run-' + (seq % IDS), state(seq)) } r.commit.run() } } },
    async () => { const o = ours(d); await o.open(); return async (k) => { for (let i = 0; i < k; i += 64) await Promise.all(Array.from({ length: 64 }, () => { seq++; return o.saveState('run-' + (seq % IDS), state(seq)) })) } })
}
await compare('load', 7, 5000, async () => { const r = raw('normal'); for (let i = 0; i < 1000; i++) r.save('run-' + i, state(i)); return (k) => { for (let i = 0; i < k; i++) r.load('run-' + (seq++ % 1000)) } },
  async () => { const o = ours('normal'); for (let i = 0; i < 1000; i++) await o.saveState('run-' + i, state(i)); return async (k) => { for (let i = 0; i < k; i++) await o.loadState('run-' + (seq++ % 1000)) } })
for (const d of ['normal', 'full'] as const)
  await compare(`1000 steps ${d}`, 3, 1000, async () => { const r = raw(d); return (k) => { seq++; const id = 'r' + seq; const history: unknown[] = []; for (let i = 0; i < k; i++) { history.push({ step: i, output: ctx(i) }); r.save(id, { ...state(i), lastStepOutput: history }) } } },
    async () => { const o = ours(d); return async (k) => { seq++; const id = 'r' + seq; await o.saveRunStart({ runId: id }); await o.saveState(id, state(0)); for (let i = 0; i < k; i++) await o.saveStepResult({ runId: id, stepName: 'step', stepIndex: i, output: ctx(i), costUsd: 0.001 }, { state: { currentStepIndex: i, lastStepOutput: { i } } }) } })
rmSync(dir, { recursive: true })
process.exit(0)

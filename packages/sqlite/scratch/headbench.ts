import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { Statements } from '../src/statement.js'
import { Queries } from '../src/queries/index.js'
import { printMigrations } from '../src/index.js'
const db = new Database(':memory:'); db.exec(printMigrations())
for (let i = 0; i < 64; i++) db.prepare(`insert into workflow_state (run_id, version, pipeline_id, pipeline_name, pipeline_version, current_step_index, status, created_at, updated_at, total_steps, is_background_task, metadata, pipeline_context, last_step_output) values (?,1,'orders','Orders','1.0',1,'running',1,2,0,0,'{}',?,'1')`).run('run-' + i, 'x'.repeat(900))
const q = new Queries(new Statements(db, drizzle(db)))
const time = (name: string, f: (i: number) => unknown) => { for (let r = 0; r < 3; r++) { const t = performance.now(); for (let i = 0; i < 50000; i++) f(i); if (r === 2) console.log(name.padEnd(40), ((performance.now() - t) / 50).toFixed(2), 'us') } }
time('heads.read', (i) => q.heads.read('run-' + (i & 63)))
const prep = (s: string) => db.prepare(s).raw(true)
const cols = 'version, pipeline_id, pipeline_name, pipeline_version, status, created_at, updated_at, total_steps, execution_time_ms, memory_usage_mb, is_background_task, parent_run_id, error_message'
const a = prep(`select run_id, ${cols} from workflow_state where run_id = ?`); time('state only', (i) => a.get('run-' + (i & 63)))
const a1 = prep(`select version from workflow_state where run_id = ?`); time('version only', (i) => a1.get('run-' + (i & 63)))
const a2 = prep(`select version, (select max(position) from state_history h where h.run_id = workflow_state.run_id) from workflow_state where run_id = ?`); time('version + history', (i) => a2.get('run-' + (i & 63)))
const b = prep(`select s.run_id, s.version, r.version, l.fence from (select ? as id) k left join workflow_state s on s.run_id = k.id left join (select run_id, total_steps as version from runs) r on r.run_id = k.id left join leases l on l.run_id = k.id`); time('3 joins, 4 cols', (i) => b.get('run-' + (i & 63)))
const c = prep(`select s.run_id, ${cols.split(', ').map(x => 's.' + x).join(', ')}, r.* , l.* from (select ? as id) k left join workflow_state s on s.run_id = k.id left join runs r on r.run_id = k.id left join leases l on l.run_id = k.id`); time('3 joins, all', (i) => c.get('run-' + (i & 63)))
const d = prep(`select ${cols.split(', ').map(x => 's.' + x).join(', ')}, (select max(position) from state_history h where h.run_id = s.run_id), exists(select 1 from runs where run_id = s.run_id), exists (select 1 from leases where run_id = s.run_id) from workflow_state s where run_id = ?`); time('state + exists', (i) => d.get('run-' + (i & 63)))
const e1 = prep('select * from runs where run_id = ?'), e2 = prep('select * from leases where run_id=?'); time('runs + leases separately', (i) => { e1.get('run-' + (i & 63)); e2.get('run-' + (i & 63)) })

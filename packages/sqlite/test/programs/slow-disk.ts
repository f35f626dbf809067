// Makes argv[4] writes to the store at argv[2], one right after the other, on a disk that takes 30 ms for a commit. argv[3] names the
// writer. Prints how many milliseconds the slowest one took.
import Database from 'better-sqlite3'
import { SQLiteBackend } from '../../src/index.js'

const COMMIT_MS = 30
type Statement = Database.Statement
const statements = Object.getPrototypeOf(new Database(':memory:').prepare('commit')) as Statement
const { run } = statements
statements.run = function (this: Statement, ...args) {
  if (this.source === 'commit') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, COMMIT_MS)
  return run.apply(this, args)
}

const [, , path = '', name = '', count = ''] = process.argv
const backend = new SQLiteBackend(path, { busyTimeoutMs: 60_000 })
await backend.open()
console.log('open')
let longest = 0
for (let n = 0; n < Number(count); n++) {
  const begin = performance.now()
  await backend.setSystemState(name, { n })
  longest = Math.max(longest, performance.now() - begin)
}
await backend.shutdown()
console.log(String(longest))

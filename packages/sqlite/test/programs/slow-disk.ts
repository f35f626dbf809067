// Makes argv[4] writes to the store at argv[2], one right after the other, on a disk that takes 30 ms for a commit. argv[3] names the
// writer. Prints how many were refused.
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
const backend = new SQLiteBackend(path, { busyTimeoutMs: 1000 })
await backend.open()
console.log('open')
let refused = 0
for (let n = 0; n < Number(count); n++)
  await backend.setSystemState(name, { n }).catch((error) => {
    refused += 1
    console.error(error)
  })
await backend.shutdown()
console.log(String(refused))

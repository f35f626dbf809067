// Opens the store at argv[2] when it is told to, and saves the run argv[3].
import { once } from 'node:events'
import { SQLiteBackend } from '../../src/index.js'
import { aState } from '../support/state.js'

const [, , path = '', runId = ''] = process.argv
const backend = new SQLiteBackend(path, { busyTimeoutMs: 20_000 })
console.log('ready')
await once(process.stdin, 'data')
await backend.saveState(runId, aState())
await backend.shutdown()
process.exit(0)

// Saves the run argv[3] in the store at argv[2], says so, and waits to be killed.
import { SQLiteBackend } from '../../src/index.js'
import { aState } from '../support/state.js'

const [, , path = '', runId = ''] = process.argv
const backend = new SQLiteBackend(path)
await backend.saveState(runId, aState())
console.log('saved')
setInterval(() => {}, 60_000)

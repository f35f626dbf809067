// Prints how many snapshots the store at argv[2] has, and shuts nothing down.
import { SQLiteBackend } from '../../src/index.js'

const states = await new SQLiteBackend(process.argv[2] ?? '').listStates()
console.log(String(states.length))

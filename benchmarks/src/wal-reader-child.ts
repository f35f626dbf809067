// Reads a database over and over, as a dashboard in another process does; see bounds/wal.ts.
import { once } from 'node:events'
import { SQLiteBackend } from '@flujo-state/sqlite'

const [path] = await once(process, 'message')
const backend = new SQLiteBackend(path)
await backend.open()
process.send?.('open')

let reads = 0
let reading = true
const paused = once(process, 'message').then(() => {
  reading = false
})
while (reading) {
  const [newest] = await backend.listWorkflows({ limit: 50 })
  if (newest !== undefined) await backend.loadState(newest.runId)
  reads += 1
  await new Promise((resolve) => setImmediate(resolve))
}
await paused
const ended = once(process, 'message')
process.send?.(reads)
await ended
await backend.shutdown()
process.disconnect()

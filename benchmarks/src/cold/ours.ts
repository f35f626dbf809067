// A cold start of ours, in a process that has loaded nothing: import, open a fresh file, save once.
const begin = performance.now()
const { runId, state, path, report } = await import('./task.js')
const { SQLiteBackend } = await import('@flujo-state/sqlite')
const backend = new SQLiteBackend(path)
await backend.saveState(runId, state)
report(performance.now() - begin)
await backend.shutdown()

// Makes argv[4] mixed writes to the store at argv[2], under ids that begin with argv[3]; prints how many errors there were.
import { SQLiteBackend } from '../../src/index.js'
import { aState } from '../support/state.js'

const [, , path = '', name = '', count = ''] = process.argv
const backend = new SQLiteBackend(path)
await backend.open()
let errors = 0
const attempt = (write: Promise<unknown>) =>
  write.catch((error) => {
    errors += 1
    console.error(error)
  })
for (let i = 0; i < Number(count); i++) {
  const runId = `${name}-${i % 50}`
  await attempt(backend.saveState(runId, aState({ currentStepIndex: i })))
  await Promise.all([
    attempt(backend.saveStepResult({ runId, stepName: 's', stepIndex: i }, { state: { appendStepHistory: [{ i }] } })),
    attempt(backend.persistEvaluation('shared', { score: i })),
    attempt(backend.saveSpans('shared', [{ spanId: `${name}-${i}`, name: 'n', startTime: i }])),
  ])
}
await backend.shutdown()
console.log(String(errors))

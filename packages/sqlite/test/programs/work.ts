// Works on the store at argv[2] (durability argv[3]) until it is killed: steps of one run, each with its snapshot change in one
// commit, and rounds of writes to several runs in one turn. Says after each what was acknowledged.
import { type Durability, SQLiteBackend } from '../../src/index.js'
import { aState } from '../support/state.js'

const [, , path = '', durability = ''] = process.argv
const backend = new SQLiteBackend(path, { durability: durability as Durability })
const loaded = await backend.loadState('steps')
if (loaded === null) await backend.saveState('steps', aState({ totalSteps: 0 }))
let step = loaded?.totalSteps ?? 0
let round = Number((await backend.loadState('round-0'))?.totalSteps ?? 0)
for (;;) {
  const item = { step, text: 'x'.repeat(step % 3000) }
  await backend.saveStepResult(
    { runId: 'steps', stepName: 'work', stepIndex: step, output: item, costUsd: 0.5 },
    { state: { totalSteps: step + 1, lastStepOutput: item, appendStepHistory: [item] } },
  )
  step += 1
  round += 1
  const saves = Array.from({ length: 8 }, (_, i) => backend.saveState(`round-${i}`, aState({ totalSteps: round })))
  await Promise.all(saves)
  console.log(`${step} ${round}`)
}

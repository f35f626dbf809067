// One contest in a process of its own; see harness/apart.ts.
import type { Message, Task } from './harness/apart.js'
import { measure } from './harness/measure.js'
import { contests } from './work/index.js'

const say = (message: Message) => void process.send?.(message)

process.once('message', (task: Task) => {
  play(task)
    .catch((error: Error) => say({ kind: 'error', message: error.stack ?? error.message }))
    .finally(() => process.disconnect())
})

async function play({ id, folder, rounds, quick }: Task): Promise<void> {
  const contest = contests({ quick }).find((each) => each.id === id)
  if (contest === undefined) throw new Error('no such contest')
  say({ kind: 'result', result: await measure(contest, folder, rounds, (round) => say({ kind: 'round', round })) })
}

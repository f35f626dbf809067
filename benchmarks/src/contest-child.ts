// One contest in a process of its own; see harness/apart.ts.
import { answerWith, type ContestTask } from './harness/apart.js'
import { measure } from './harness/measure.js'
import { contests } from './work/index.js'

answerWith(async ({ id, folder, rounds, quick }: ContestTask, onRound) => {
  const contest = contests({ quick }).find((each) => each.id === id)
  if (contest === undefined) throw new Error('no such contest')
  return measure(contest, folder, rounds, onRound)
})

// One contest in a process of its own; see harness/apart.ts.
import { answerWith, type ContestTask } from './harness/apart.js'
import { measure } from './harness/measure.js'
import { contests } from './work/index.js'

answerWith(async ({ id, folder, shared, rounds, settings }: ContestTask, say) => {
  const contest = contests(settings).find((each) => each.id === id)
  if (contest === undefined) throw new Error('no such contest')
  return measure(contest, { folder, shared, say }, rounds)
})

// One of the bounded figures in a process of its own; see harness/apart.ts.
import { bounds } from './bounds/index.js'
import { answerWith, type BoundTask } from './harness/apart.js'

answerWith(async ({ id, folder, settings }: BoundTask, say) => {
  const bound = bounds.find((each) => each.id === id)
  if (bound === undefined) throw new Error('no such figure')
  return bound.measure({ folder, settings, say })
})

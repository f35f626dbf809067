// The counting of the shape, in a process of its own: the functions of `node:fs` are replaced in it.
import { answerWith } from './harness/apart.js'
import { countSyncs } from './shape/sync-counter.js'

answerWith(async (folder: string) => {
  countSyncs()
  const { checkShape } = await import('./shape/shape.js')
  return checkShape(folder)
})

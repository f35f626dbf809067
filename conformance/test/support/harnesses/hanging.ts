import { appendFileSync } from 'node:fs'
import type { Harness } from '../../../src/index.js'
import { referenceHarness } from '../../../src/reference.js'

const log = (line: string) => appendFileSync(process.env.FLUJO_TEST_LOG ?? '', `${line}\n`)
const reference = referenceHarness('hanging')
let made = 0

/** The second backend of the run never answers; what happens to its storage is written down. */
export const harness: Harness = {
  ...reference,
  timeScale: 100,
  create: async (env) => {
    const backend = await reference.create(env)
    made += 1
    if (made === 3) {
      log(`made ${env.storageKey}`)
      backend.loadState = () => new Promise(() => {})
    }
    return backend
  },
  destroy: (env) => {
    if (made === 3) log(`destroyed ${env.storageKey}`)
    return reference.destroy?.(env)
  },
}

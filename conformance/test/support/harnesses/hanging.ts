import { appendFileSync } from 'node:fs'
import type { Harness } from '../../../src/index.js'
import { referenceHarness } from '../../../src/reference.js'

const log = (line: string) => appendFileSync(process.env.FLUJO_TEST_LOG ?? '', `${line} ${process.pid}\n`)
const reference = referenceHarness('hanging')
const isOfRule = (storageKey: string) => storageKey.includes('-sta-')

/** No rule's backend ever answers; what happens to its storage is written down. */
export const harness: Harness = {
  ...reference,
  timeScale: 100,
  create: async (env) => {
    const backend = await reference.create(env)
    if (isOfRule(env.storageKey)) {
      log(`made ${env.storageKey}`)
      process.once('exit', () => log('ended'))
      backend.loadState = () => new Promise(() => {})
      backend.saveState = () => new Promise(() => {})
    }
    return backend
  },
  destroy: (env) => {
    if (isOfRule(env.storageKey)) log(`destroyed ${env.storageKey}`)
    return reference.destroy?.(env)
  },
}

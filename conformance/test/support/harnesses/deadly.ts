import type { Harness } from '../../../src/index.js'
import { referenceHarness } from '../../../src/reference.js'

const reference = referenceHarness('deadly')
const isIn = (place: string) => process.env.FLUJO_TEST_DIES === place

/** Ends the process that it is in: in two rules, or where the test says. */
export const harness: Harness = {
  ...reference,
  create: (env) => {
    if (env.storageKey.includes('-sta-02')) {
      console.error('the last word')
      process.kill(process.pid, 'SIGKILL')
    }
    if (env.storageKey.includes('-sta-03')) process.exit(0)
    return reference.create(env)
  },
}

if (process.connected && isIn('load')) throw new Error('no server for me')
if (isIn('end'))
  process.once('disconnect', () => {
    throw new Error('too late')
  })

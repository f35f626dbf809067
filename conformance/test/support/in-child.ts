/** What a child process of the tests opens. */
import { type StateBackend, StateBackendError } from '@flujo-state/core'
import type { HarnessEnv } from '../../src/harness.js'
import { referenceHarness } from '../../src/reference.js'

const reference = referenceHarness('in a child')

export function open(env: HarnessEnv): StateBackend | Promise<StateBackend> {
  return reference.create(env)
}

/** Fails in all the ways a backend can. */
export async function openFailing(env: HarnessEnv, args: unknown): Promise<StateBackend> {
  const backend = await reference.create(env)
  const lease = { runId: 'a', owner: 'o', fence: 1, expiresAt: env.clock.now() }
  return new Proxy(backend, {
    get(target, key) {
      if (key === 'loadState')
        return async () => {
          throw new StateBackendError('RUN_CLAIMED', `held: ${String(args)}`, { runId: 'a', path: '$.x', lease })
        }
      if (key === 'getTrace') return async () => Promise.reject(new Error('not ours'))
      if (key === 'getLease') return () => new Promise(() => {})
      const member: unknown = Reflect.get(target, key, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** Keeps its process alive. */
export async function openRestless(env: HarnessEnv): Promise<StateBackend> {
  setInterval(() => {}, 1_000)
  return reference.create(env)
}

/** Writes to an output of its process. */
export async function openNoisy(env: HarnessEnv): Promise<StateBackend> {
  console.error('look at me')
  return reference.create(env)
}

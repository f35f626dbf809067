import type { StateBackend } from '@flujo-state/core'

const WRITES = /^(save|update|delete|claim|renew|release|persist|set)/

/** Thrown by every call after the death: what the process would have done next, it has not done. */
export class Died extends Error {}

/**
 * The backend as seen by a process that dies around its write number `at` (from 1): before it reaches the store, or after,
 * without hearing of it. `life` says how many there were; setting `dead` kills it at once.
 */
export function mortal(backend: StateBackend, at = Number.POSITIVE_INFINITY, when: 'before' | 'after' = 'after') {
  const life = { writes: 0, dead: false }
  const call = async (name: string, args: unknown[]) => {
    if (life.dead) throw new Died()
    const method = Reflect.get(backend, name) as (...args: unknown[]) => Promise<unknown>
    if (!WRITES.test(name)) return method.apply(backend, args)
    const last = ++life.writes === at
    if (last) life.dead = true
    if (last && when === 'before') throw new Died()
    const result = await method.apply(backend, args)
    // Also writes that were under way at the moment of death are done, and not heard of.
    if (life.dead) throw new Died()
    return result
  }
  const seen = new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' && typeof name === 'string' ? (...args: unknown[]) => call(name, args) : value
    },
  })
  return { backend: seen, life }
}

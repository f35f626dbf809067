import type { ChildProcess } from 'node:child_process'
import type { StateBackend } from '@flujo-state/core'
import type { Harness, HarnessEnv } from '../harness.js'

/** So long a run may take for tidying up when it is broken off. */
export const TIDY_MS = 10_000

/** What a harness has made and not yet removed: for the case that the run is broken off. */
export class Live {
  readonly #storages = new Map<Harness, Set<HarnessEnv>>()
  readonly #backends = new Set<StateBackend>()
  readonly #children = new Map<ChildProcess, Promise<unknown>>()
  #ended = false

  /** The harness, watched. */
  watch(harness: Harness): Harness {
    const envs = new Set<HarnessEnv>()
    this.#storages.set(harness, envs)
    const opening = (open: NonNullable<Harness['reopen']>) => async (env: HarnessEnv) => {
      // Nothing new is begun any more.
      if (this.#ended) await new Promise(() => {})
      envs.add(env)
      const backend = await open.call(harness, env)
      this.#backends.add(backend)
      return backend
    }
    const members: Partial<Harness> = {
      create: opening(harness.create),
      ...(harness.reopen && { reopen: opening(harness.reopen) }),
      ...(harness.second && { second: opening(harness.second) }),
      destroy: async (env) => {
        await harness.destroy?.(env)
        envs.delete(env)
        // A rule ends with all its storages: whatever it opened is shut down by then.
        this.#backends.clear()
      },
    }
    return new Proxy(harness, {
      get(target, key) {
        const member: unknown = Reflect.get(Object.hasOwn(members, key) ? members : target, key)
        return typeof member === 'function' && !Object.hasOwn(members, key) ? member.bind(target) : member
      },
    })
  }

  /** A process that runs the suite as this one does, and its end. */
  async watchChild<T>(child: ChildProcess, end: Promise<T>): Promise<T> {
    this.#children.set(child, end)
    try {
      return await end
    } finally {
      this.#children.delete(child)
      // Whoever waits for it would begin something new.
      if (this.#ended) await new Promise(() => {})
    }
  }

  /** Shuts down and removes what is left; nobody waits longer than so many milliseconds. */
  async end(limitMs: number): Promise<void> {
    this.#ended = true
    // They tidy up themselves.
    for (const child of this.#children.keys()) child.kill('SIGINT')
    const children = within(limitMs, [...this.#children.values()])
    await within(
      limitMs / 2,
      [...this.#backends].map((backend) => backend.shutdown()),
    )
    const storages = [...this.#storages].flatMap(([harness, envs]) => [...envs].map((env) => ({ harness, env })))
    await within(
      limitMs / 2,
      storages.map(async ({ harness, env }) => harness.destroy?.(env)),
    )
    await children
    // Those that could not even hear of it.
    for (const child of this.#children.keys()) child.kill('SIGKILL')
  }
}

async function within(limitMs: number, pending: readonly Promise<unknown>[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([Promise.allSettled(pending), late])
  clearTimeout(timer)
}

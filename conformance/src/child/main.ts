/** The program of a child process: it opens backends and does what the suite tells it. Started by `process.ts` alone. */
import type { StateBackend } from '@flujo-state/core'
import { type VirtualClock, virtualClock } from '../clock.js'
import type { OpenInChild } from '../harness.js'
import { packError, type Request, type ToChild, type ToParent } from './protocol.js'

interface Instance {
  readonly backend: StateBackend
  readonly clock: VirtualClock
}

const instances = new Map<number, Instance>()

function tell(message: ToParent): void {
  // The suite may be gone.
  if (process.connected) process.send?.(message)
}

async function open(id: number, now: number, request: Request & { kind: 'open' }): Promise<unknown> {
  const { [request.exportName]: make } = (await import(request.module)) as Record<string, unknown>
  if (typeof make !== 'function') throw new TypeError(`${request.module} has no function ${request.exportName}`)
  const clock = virtualClock(now)
  const backend = await (make as OpenInChild)({ clock, storageKey: request.storageKey }, request.args)
  instances.set(id, { backend, clock })
  const { capabilities, contractVersion } = backend
  return { capabilities: { ...capabilities }, contractVersion }
}

async function call(id: number, now: number, { instance, calls }: Request & { kind: 'calls' }): Promise<void> {
  const { backend, clock } = instances.get(instance) as Instance
  clock.set(now)
  for (const [done, { method, args }] of calls.entries()) {
    const member: unknown = Reflect.get(backend, method)
    if (typeof member !== 'function') throw new TypeError(`the backend has no method ${method}`)
    const value: unknown = await member.apply(backend, args)
    tell({ id, done, value })
  }
}

async function answer(id: number, now: number, request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'open':
      return open(id, now, request)
    case 'calls':
      return call(id, now, request)
    case 'forget':
      instances.delete(request.instance)
      return
    case 'leave':
      process.off('disconnect', die)
      process.disconnect()
  }
}

// A suite that was killed leaves no processes behind.
const die = () => process.exit()
process.on('disconnect', die)
process.on('message', ({ id, now, request }: ToChild) => {
  answer(id, now, request).then(
    (ended) => tell({ id, ended }),
    (error: unknown) => tell({ id, failed: packError(error) }),
  )
})

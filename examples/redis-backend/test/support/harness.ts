import type { Harness, HarnessEnv } from '@flujo-state/conformance'
import { RedisBackend } from '../../src/backend.js'
import { FaultyClient } from './faulty-client.js'
import { client, findServer, removeStore } from './server.js'

const server = await findServer()
const closing: ReturnType<typeof client>[] = []

/** Null without a Redis. A module of its own, so that the command can run it too. */
export const harness = server && (await harnessFor(server.url))

/** Lets go of the connections, and of the server if it was started for this. */
export async function close(): Promise<void> {
  await Promise.all(closing.map((connection) => connection.close()))
  await server?.stop()
}

async function harnessFor(url: string): Promise<Harness> {
  // All rules share two connections; each has a prefix of its own.
  const [shared, other] = await Promise.all([client(url).connect(), client(url).connect()])
  closing.push(shared, other)
  const faulty = new Map<string, FaultyClient>()
  const open = ({ clock, storageKey }: HarnessEnv) =>
    new RedisBackend(faulty.get(storageKey) ?? shared, { prefix: storageKey, clock })
  return {
    name: 'redis',
    create: open,
    reopen: open,
    second: ({ clock, storageKey }) => new RedisBackend(other, { prefix: storageKey, clock }),
    destroy: ({ storageKey }) => {
      faulty.delete(storageKey)
      return removeStore(shared, storageKey)
    },
    spawn: {
      module: new URL('./open.ts', import.meta.url),
      exportName: 'open',
      args: () => url,
      execArgv: ['--import', 'tsx'],
    },
    faults: ({ storageKey }) => {
      const client = new FaultyClient(shared)
      faulty.set(storageKey, client)
      return client
    },
    without: { storage: 'Redis gives clients values, never the bytes it keeps; those it checks itself' },
  }
}

import type { HarnessEnv } from '@flujo-state/conformance'
import { RedisBackend } from '../../src/backend.js'
import { client } from './server.js'

/** An instance over the storage with a connection of its own: what child processes call. */
export async function open({ clock, storageKey }: HarnessEnv, url: unknown) {
  // The parent, not the connection, says how long the child lives.
  const redis = await client(String(url)).connect()
  redis.unref()
  return new RedisBackend(redis, { prefix: storageKey, clock })
}

/** A Redis for the tests: that of REDIS_URL, the one of this machine, or one that is started for them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createClient } from 'redis'

export interface TestServer {
  readonly url: string
  stop(): Promise<void>
}

export const client = (url: string) =>
  createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 2_000 } }).on('error', () => {})

/** Null if there is none to be had. @throws if FLUJO_REQUIRE_SERVERS says that there must be one */
export async function findServer(): Promise<TestServer | null> {
  const { REDIS_URL, FLUJO_REQUIRE_SERVERS } = process.env
  const url = REDIS_URL ?? 'redis://127.0.0.1:6379'
  if (await answers(url)) return { url, stop: async () => {} }
  const own = REDIS_URL === undefined ? await startServer() : null
  if (own === null && FLUJO_REQUIRE_SERVERS) throw new Error(`FLUJO_REQUIRE_SERVERS is set, but ${noServer()}`)
  if (own === null) console.warn(`\n*** NOT TESTED: ${noServer()} ***\n`)
  return own
}

export function noServer(): string {
  const { REDIS_URL } = process.env
  if (REDIS_URL !== undefined) return `no Redis answers at REDIS_URL, which is ${REDIS_URL.replace(/\/\/.*@/, '//…@')}.`
  return 'no Redis answers at redis://127.0.0.1:6379, and there is no redis-server to start. Install it, or set REDIS_URL.'
}

async function answers(url: string): Promise<boolean> {
  const probe = client(url)
  try {
    await probe.connect()
    await probe.ping()
    return true
  } catch {
    return false
  } finally {
    probe.destroy()
  }
}

/** A server of our own, which keeps nothing on disk; null where redis-server is not installed. */
export async function startServer(...options: string[]): Promise<TestServer | null> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options]
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  if (!(await isUp(server))) return null
  // However the tests end.
  process.once('exit', () => server.kill('SIGKILL'))
  const stop = async () => {
    const exit = once(server, 'exit')
    server.kill('SIGKILL')
    await exit
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}

function isUp(server: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.once('exit', () => resolve(false))
    server.stdout?.on('data', (text) => String(text).includes('Ready to accept connections') && resolve(true))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

/** Removes the keys of one store, and no others: the server may be shared. */
export async function removeStore(redis: ReturnType<typeof client>, prefix: string): Promise<void> {
  for await (const keys of redis.scanIterator({ MATCH: `${prefix}:*`, COUNT: 1_000 }))
    if (keys.length > 0) await redis.unlink(keys)
}

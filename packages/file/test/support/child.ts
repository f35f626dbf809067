/** A process that writes to a store; what it does is its third argument. It says on its standard output what was acknowledged. */
import { mkdirSync, rmdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { FileBackend } from '../../src/index.js'
import { Layout } from '../../src/layout.js'
import { Lock } from '../../src/lock.js'
import { newIdentity } from '../../src/process-identity.js'
import { enterForTest, stateOf } from './store.js'

const [folder = '', task = '', name = '', count = '0'] = process.argv.slice(2)
const say = (text: string) => process.stdout.write(`${text}\n`)

/** Writes for ever; a line per acknowledged write. */
async function write(): Promise<void> {
  const backend = new FileBackend(folder, { busyTimeoutMs: 30_000 })
  for (let n = 1; ; n++) {
    await backend.saveState(name, stateOf(n))
    say(`${name} ${n}`)
  }
}

/** So many updates of a run that all share, and of one of its own. */
async function append(): Promise<void> {
  const backend = new FileBackend(folder, { busyTimeoutMs: 30_000 })
  for (let n = 0; n < Number(count); n++)
    await Promise.all([
      backend.updateState('shared', { appendStepHistory: [{ by: name, n }] }),
      backend.updateState(name, { appendStepHistory: [{ n }] }),
    ])
  await backend.shutdown()
}

async function holdForEver(): Promise<void> {
  const identity = newIdentity()
  enterForTest(folder, identity)
  await new Lock(new Layout(folder), identity, 10_000).hold(async () => {
    say('held')
    await wait(60_000)
  })
}

/** Takes the lock each time it is told to, and sees that nobody else has it. */
async function breakLocks(): Promise<void> {
  const identity = newIdentity()
  enterForTest(folder, identity)
  const lock = new Lock(new Layout(folder), identity, 20_000)
  say('ready')
  for await (const _ of process.stdin) {
    await lock.hold(async () => {
      mkdirSync(`${folder}/critical`)
      await wait(Math.random() * 2)
      rmdirSync(`${folder}/critical`)
    })
    say('done')
  }
}

const tasks: Record<string, () => Promise<void>> = { write, append, holdForEver, breakLocks }
await tasks[task]?.()

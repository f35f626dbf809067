import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync } from 'node:fs'
import { expect } from 'vitest'
import { Layout } from '../../src/layout.js'
import { type Identity, newIdentity } from '../../src/process-identity.js'
import { temporaryFolder } from './folder.js'
import { startChild } from './spawn.js'
import { enterForTest } from './store.js'

export interface Store {
  readonly folder: string
  readonly layout: Layout
}

export function emptyStore(): Store {
  const folder = temporaryFolder()
  const layout = new Layout(folder)
  for (const path of layout.folders) mkdirSync(path)
  return { folder, layout }
}

export function enter(folder: string, changes: Partial<Identity> = {}): Identity {
  const identity = { ...newIdentity(), ...changes }
  enterForTest(folder, identity)
  return identity
}

/** Someone of this host whose process has ended. */
export const dead = (folder: string) => enter(folder, { token: randomUUID(), started: 'long ago' })

export const holdLock = (layout: Layout, { token }: Identity, number: number) =>
  linkSync(layout.user(token), layout.lock(number))

/** Processes that all find the same dead chain at once, again and again. One that finds another inside ends with an error. */
export async function raceOfBreakers({ folder, layout }: Store, processes: number, rounds: number): Promise<void> {
  const children = Array.from({ length: processes }, () => startChild(folder, 'breakLocks'))
  await Promise.all(children.map((child) => child.until((line) => line === 'ready')))
  for (let round = 0; round < rounds; round++) {
    for (let number = 1; number <= 1 + (round % 3); number++) holdLock(layout, dead(folder), number)
    const done = children.map((child) => child.until((line) => line === 'done'))
    for (const child of children) child.process.stdin.write('go\n')
    await Promise.all(done)
    expect(readdirSync(layout.locks)).toEqual([])
  }
}

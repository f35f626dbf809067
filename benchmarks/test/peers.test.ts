import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { absentPeers } from '../src/peers/install.js'
import { peers } from '../src/peers/peers.js'
import { peerSides } from '../src/peers/sides.js'
import { memory } from '../src/subjects/place.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flujo-peers-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a peer that is not there is named, with a reason that names no path', async () => {
  const absent = await absentPeers(folder)
  expect(absent.map(({ name }) => name)).toEqual(peers.map(({ name }) => name))
  for (const { reason } of absent) {
    expect(reason).toMatch(/Cannot find module/)
    expect(reason).not.toContain(folder)
  }
})

test('nobody is measured beside who was not asked for, or is not comparable', async () => {
  const side = () => ({ run: () => {}, verify: () => {} })
  const settings = { quick: true, full: false }
  expect(await peerSides(memory, { ...settings, peers: null }, folder, side)).toEqual({})
  const all = { folder, names: peers.map(({ name }) => name) }
  expect(await peerSides(memory, { ...settings, peers: all }, folder, side)).toEqual({})
})

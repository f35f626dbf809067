import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { MaybePromise, Side } from '../harness/contest.js'
import type { Snapshots } from '../subjects/control.js'
import type { Place, Settings } from '../subjects/place.js'
import { type Load, type Peer, peers } from './peers.js'

/** The peers that are to be measured: which of them run, and the folder that they are installed in. */
export interface Peers {
  readonly folder: string
  readonly names: readonly string[]
}

export function loaderOf(folder: string): Load {
  const { resolve } = createRequire(join(folder, 'package.json'))
  return async (name) => import(pathToFileURL(resolve(name)).href)
}

/** A side for each peer that is comparable here, opened in a folder of its own. */
export async function peerSides<Input>(
  place: Place,
  settings: Settings,
  folder: string,
  sideOf: (kept: Snapshots) => MaybePromise<Side<Input>>,
  { growing = false } = {},
): Promise<Record<string, Side<Input>>> {
  const { peers: wanted } = settings
  const sides: Record<string, Side<Input>> = {}
  if (wanted === null) return sides
  const fits = (peer: Peer) =>
    wanted.names.includes(peer.name) && peer.places.includes(place.name) && (peer.keepsSnapshots || !growing)
  for (const peer of peers.filter(fits)) {
    const own = join(folder, peer.name)
    await mkdir(own)
    const synchronous = place.name === 'sqlite normal' ? 'NORMAL' : 'FULL'
    sides[peer.name] = await sideOf(await peer.open(loaderOf(wanted.folder), own, synchronous))
  }
  return sides
}

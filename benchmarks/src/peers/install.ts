import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Content } from '../content.js'
import { holds } from '../subjects/expected.js'
import { type Peer, peers } from './peers.js'
import { loaderOf } from './sides.js'

/** Of a peer that cannot be measured. */
export interface Absent {
  readonly name: string
  readonly reason: string
}

/** Packages that compile or fetch native code when they are installed, which some versions of npm only do when told. */
const NATIVE = { 'better-sqlite3': true, sqlite3: true }
const run = promisify(execFile)

/** Installs the pinned versions into `folder`, unless they are there. It takes minutes where native code is compiled. */
export async function installPeers(folder: string): Promise<void> {
  const versions = JSON.parse(readFileSync(new URL('./versions.json', import.meta.url), 'utf8'))
  const manifest = JSON.stringify({ private: true, dependencies: versions, allowScripts: NATIVE }, null, 2)
  const done = join(folder, 'installed.json')
  if (existsSync(done) && readFileSync(done, 'utf8') === manifest) return
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), manifest)
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps']
  await run('npm', ['install', ...flags], { cwd: folder })
  await writeFile(done, manifest)
}

/** Tries each peer once, and says why those that fail do. */
export async function absentPeers(folder: string): Promise<Absent[]> {
  const absent: Absent[] = []
  for (const peer of peers) {
    const place = await mkdtemp(join(folder, 'try-'))
    try {
      await tryOut(peer, folder, place)
    } catch (error) {
      absent.push({ name: peer.name, reason: reasonOf(error) })
    }
    await rm(place, { recursive: true })
  }
  return absent
}

async function tryOut(peer: Peer, folder: string, place: string): Promise<void> {
  const state = new Content().state(1024)
  const kept = await peer.open(loaderOf(folder), place, 'NORMAL')
  await kept.save('run', state)
  const found = holds(await kept.load('run'), state)
  await kept.close()
  if (!found) throw new Error('it does not give back what was saved')
}

/** The innermost cause, on one line and without paths. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  if (cause instanceof Error) return reasonOf(cause)
  return (message.split('\n')[0] ?? '').replace(/(?:file:\/\/)?\/\S+\//g, '')
}

/** The store's folder as a whole: what it is, who has it open, and what may be swept from it. */
import { mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StateBackendError } from '@flujo-state/core'
import fs from 'fs-extra'
import { replaceFile, syncFolder } from './durable.js'
import { corrupt, isMissing, isReadOnly } from './errors.js'
import { isTemporary, type Layout, tokenOfTemporary, tokenOfWaiting } from './layout.js'
import { leaveBehind, removeLeftBehind, takeBack } from './left-behind.js'
import { type Identity, livenessOf, parseIdentity } from './process-identity.js'
import { namesIn } from './run-folder.js'

const FORMAT = 'flujo-state'
const VERSION = 1
const PRIVATE_FOLDER = 0o700

/**
 * Makes the folder a store, or sees that it is one, and enters it. False if it is one that must not be written to: then it can be
 * read without entering it.
 * @throws `CORRUPT`, `SCHEMA_TOO_NEW` leaving it as it is
 */
export async function openFolder(layout: Layout, identity: Identity): Promise<boolean> {
  removeLeftBehind()
  const firstNew = await mkdir(layout.root, { recursive: true, mode: PRIVATE_FOLDER })
  const marker = await readMarker(layout)
  if (marker === null) await refuseStrangers(layout)
  else checkMarker(marker, layout)
  try {
    await enter(layout, identity)
  } catch (error) {
    if (marker !== null && isReadOnly(error)) return false
    throw error
  }
  try {
    if (marker === null) await writeMarker(layout, identity, firstNew)
    await sweep(layout, identity)
  } catch (error) {
    await leave(layout, identity)
    throw error
  }
  return true
}

/** Before anything temporary is written: what the temporary files of the living are, sweepers know from their user files. */
export async function enter(layout: Layout, identity: Identity): Promise<void> {
  takeBack(layout.user(identity.token))
  for (const folder of layout.folders) await fs.ensureDir(folder, PRIVATE_FOLDER)
  await replaceFile(layout.user(identity.token), JSON.stringify(identity), identity.token)
}

async function readMarker(layout: Layout): Promise<string | null> {
  try {
    return await readFile(layout.marker, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function checkMarker(text: string, layout: Layout): void {
  let marker: { format?: unknown; version?: unknown } | null
  try {
    marker = JSON.parse(text) as typeof marker
  } catch {
    throw corrupt('what says that this folder is a store is damaged', layout.marker)
  }
  if (marker?.format !== FORMAT || typeof marker.version !== 'number')
    throw corrupt('something else than a flujo-state store is described', layout.marker)
  if (marker.version <= VERSION) return
  const message = `${layout.root} was written by a newer version (format ${marker.version}, this one knows ${VERSION}); upgrade @flujo-state/file. Nothing was changed`
  throw new StateBackendError('SCHEMA_TOO_NEW', message)
}

async function refuseStrangers(layout: Layout): Promise<void> {
  const ours = new Set(layout.names)
  // Another process may be making the same store right now, so its names are no strangers.
  const stranger = (await fs.readdir(layout.root)).find((name) => !ours.has(name) && !isTemporary(name))
  if (stranger === undefined) return
  throw new StateBackendError(
    'CORRUPT',
    `${layout.root} is no flujo-state store: it holds '${stranger}'; choose an empty or new folder. Nothing was changed`,
  )
}

async function writeMarker(layout: Layout, identity: Identity, firstNew: string | undefined): Promise<void> {
  await replaceFile(layout.marker, `${JSON.stringify({ format: FORMAT, version: VERSION })}\n`, identity.token)
  // Every folder on the way that was made just now.
  for (let folder = layout.root; firstNew !== undefined; folder = dirname(folder)) {
    await syncFolder(dirname(folder))
    if (folder === firstNew || folder === dirname(folder)) return
  }
}

/** The other instances that have the store open, those of the dead left out. */
export async function otherUsers(layout: Layout, identity: Identity): Promise<Identity[]> {
  const users: Identity[] = []
  for (const name of await fs.readdir(layout.users)) {
    if (isTemporary(name) || name === basename(layout.user(identity.token))) continue
    const user = parseIdentity(await fs.readFile(join(layout.users, name), 'utf8').catch(() => ''))
    if (user && livenessOf(user) !== 'dead') users.push(user)
  }
  return users
}

/** Leaves the store. */
export async function leave(layout: Layout, identity: Identity): Promise<void> {
  const path = layout.user(identity.token)
  try {
    await fs.remove(path)
  } catch (error) {
    leaveBehind(path, identity.token)
    throw error
  }
}

/** A file of a process that is entering, and so not known to be alive yet, is not older than this. */
const ENTERING_MS = 60_000

/**
 * Removes the trash, and the files of dead processes. Never touches locks: those are broken by the next writer. What cannot be
 * removed is left to the next sweep: none of it is data, and several processes may sweep at once.
 */
export async function sweep(layout: Layout, identity: Identity): Promise<void> {
  // Looked for before the living are: whoever enters in between is among those, and what it is writing is not taken for a dead one's.
  const files = await filesOfInstances(layout)
  const living = new Set([identity, ...(await otherUsers(layout, identity))].map(({ token }) => token))
  for (const name of await fs.readdir(layout.users))
    if (await isLeftByTheDead(join(layout.users, name), living)) await tryToRemove(join(layout.users, name))
  for (const { path, token } of files) if (!living.has(token)) await tryToRemove(path)
  await emptyTrash(layout)
}

/** Temporary files and signs of waiting, and whose they are. */
async function filesOfInstances(layout: Layout): Promise<{ path: string; token: string }[]> {
  const files: { path: string; token: string }[] = []
  for (const folder of [layout.root, layout.system, layout.locks])
    for (const name of await fs.readdir(folder)) {
      const token = folder === layout.locks ? tokenOfWaiting(name) : isTemporary(name) ? tokenOfTemporary(name) : null
      if (token !== null) files.push({ path: join(folder, name), token })
    }
  return files
}

/** Removes what was deleted. */
export async function emptyTrash(layout: Layout): Promise<void> {
  for (const name of await namesIn(layout.trash)) await tryToRemove(join(layout.trash, name))
}

async function tryToRemove(path: string): Promise<void> {
  await fs.remove(path).catch(() => undefined)
}

async function isLeftByTheDead(path: string, living: ReadonlySet<string>): Promise<boolean> {
  if (isTemporary(path)) {
    const file = await fs.stat(path).catch(() => null)
    return file !== null && Date.now() - file.mtimeMs > ENTERING_MS
  }
  const user = parseIdentity(await fs.readFile(path, 'utf8').catch(() => ''))
  return user !== null && !living.has(user.token) && livenessOf(user) === 'dead'
}

/** The store's folder as a whole: what it is, who has it open, and what may be swept from it. */
import { mkdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StateBackendError } from '@flujo-state/core'
import fs from 'fs-extra'
import { allDone, placeFile, replaceFile, syncFolder } from './durable.js'
import { corrupt, isMissing, isReadOnly } from './errors.js'
import {
  inFolder,
  isTemporary,
  type Layout,
  NAMES,
  tokenOfJournal,
  tokenOfTemporary,
  tokenOfWaiting,
} from './layout.js'
import { leaveBehind, removeLeftBehind, takeBack } from './left-behind.js'
import { type Identity, livenessOf, parseIdentity } from './process-identity.js'
import { namesIn, readIfThere } from './reading.js'
import { recover, refuseLosses, syncLogsOf } from './recovery.js'

const FORMAT = 'flujo-state'
const VERSION = 1
const PRIVATE_FOLDER = 0o700

/**
 * Makes the folder a store, or sees that it is one, and enters it. False if it is one that must not be written to: then it can be
 * read without entering it. `hold` does work under the lock.
 * @throws `CORRUPT`, `SCHEMA_TOO_NEW` leaving it as it is
 */
export async function openFolder(
  layout: Layout,
  identity: Identity,
  hold: (work: () => Promise<void>) => Promise<void>,
): Promise<boolean> {
  removeLeftBehind()
  const firstNew = mkdirSync(layout.root, { recursive: true, mode: PRIVATE_FOLDER })
  const marker = await readIfThere(layout.marker)
  if (marker === null) refuseStrangers(layout)
  else checkMarker(marker.toString(), layout)
  try {
    await enter(layout, identity)
  } catch (error) {
    if (marker === null || !isReadOnly(error)) throw error
    await refuseLosses(layout)
    return false
  }
  try {
    if (marker === null) await writeMarker(layout, identity, firstNew)
    await recover(layout, hold)
    await sweep(layout, identity)
  } catch (error) {
    leave(layout, identity)
    throw error
  }
  return true
}

/** Before anything temporary is written: what the temporary files of the living are, sweepers know from their user files. */
export async function enter(layout: Layout, identity: Identity): Promise<void> {
  takeBack(layout.user(identity.token))
  for (const folder of layout.folders) mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
  // Its bytes must last: they are the lock's too, and of a lock without them nobody could tell that its holder is dead.
  await placeFile(layout.user(identity.token), JSON.stringify(identity), identity.token)
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

function refuseStrangers(layout: Layout): void {
  // Another process may be making the same store right now, so its names are no strangers.
  const stranger = namesIn(layout.root).find((name) => !NAMES.has(name) && !isTemporary(name))
  if (stranger === undefined) return
  throw new StateBackendError(
    'CORRUPT',
    `${layout.root} is no flujo-state store: it holds '${stranger}'; choose an empty or new folder. Nothing was changed`,
  )
}

async function writeMarker(layout: Layout, identity: Identity, firstNew: string | undefined): Promise<void> {
  await replaceFile(layout.marker, `${JSON.stringify({ format: FORMAT, version: VERSION })}\n`, identity.token)
  // Every folder on the way that was made just now.
  const changed: string[] = []
  for (let folder = layout.root; firstNew !== undefined; folder = dirname(folder)) {
    changed.push(dirname(folder))
    if (folder === firstNew || folder === dirname(folder)) break
  }
  await allDone(changed.map(syncFolder))
}

/** A file in `users`. */
interface UserFile {
  readonly path: string
  /** Null if the file does not say. */
  readonly user: Identity | null
  readonly isDead: boolean
}

function userFiles(layout: Layout): UserFile[] {
  return namesIn(layout.users).map((name) => {
    const path = inFolder(layout.users, name)
    const user = isTemporary(name) ? null : parseIdentity(readOrNothing(path))
    return { path, user, isDead: user === null ? isOldTemporary(path) : livenessOf(user) === 'dead' }
  })
}

/** Users come and go while they are looked at. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** A file of a process that is entering, and so not known to be alive yet, is not older than this. */
const ENTERING_MS = 60_000

function isOldTemporary(path: string): boolean {
  if (!isTemporary(path)) return false
  try {
    const file = statSync(path, { throwIfNoEntry: false })
    return file !== undefined && Date.now() - file.mtimeMs > ENTERING_MS
  } catch {
    return false
  }
}

/** The other instances that have the store open, those of the dead left out. */
export function otherUsers(layout: Layout, identity: Identity): Identity[] {
  const living = userFiles(layout).flatMap(({ user, isDead }) => (user === null || isDead ? [] : [user]))
  return living.filter(({ token }) => token !== identity.token)
}

/** Leaves the store. */
export function leave(layout: Layout, identity: Identity): void {
  const path = layout.user(identity.token)
  try {
    unlinkSync(path)
  } catch (error) {
    if (isMissing(error)) return
    leaveBehind(path, identity.token)
    throw error
  }
}

/**
 * Removes the trash, and the files of dead processes. Never touches locks: those are broken by the next writer. What cannot be
 * removed is left to the next sweep: none of it is data, and several processes may sweep at once.
 */
export async function sweep(layout: Layout, identity: Identity): Promise<void> {
  // Looked for before the living are: whoever enters in between is among those, and what it is writing is not taken for a dead one's.
  const files = await filesOfInstances(layout)
  const journals = namesIn(layout.journals)
  const users = userFiles(layout)
  const living = new Set(users.flatMap(({ user, isDead }) => (user === null || isDead ? [] : [user.token])))
  living.add(identity.token)
  for (const { path, user, isDead } of users) if (isDead && !(user && living.has(user.token))) await tryToRemove(path)
  for (const { path, token } of files) if (!living.has(token)) await tryToRemove(path)
  for (const name of journals)
    if (!living.has(tokenOfJournal(name))) await tryToRemoveJournal(layout, inFolder(layout.journals, name))
  await emptyTrash(layout)
}

async function tryToRemoveJournal(layout: Layout, path: string): Promise<void> {
  await syncLogsOf(layout, path).then(
    () => tryToRemove(path),
    () => undefined,
  )
}

/** Temporary files and signs of waiting, and whose they are. */
async function filesOfInstances({ root, system, locks }: Layout): Promise<{ path: string; token: string }[]> {
  const files: { path: string; token: string }[] = []
  const add = (folder: string, names: readonly string[], tokenOf: (name: string) => string | null) => {
    for (const name of names) {
      const token = tokenOf(name)
      if (token !== null) files.push({ path: inFolder(folder, name), token })
    }
  }
  add(root, namesIn(root), tokenOfTemporary)
  add(locks, namesIn(locks), tokenOfWaiting)
  // The only one with many names.
  add(system, await readdir(system), tokenOfTemporary)
  return files
}

/** Removes what was deleted. */
export async function emptyTrash(layout: Layout): Promise<void> {
  for (const name of namesIn(layout.trash)) await tryToRemove(inFolder(layout.trash, name))
}

async function tryToRemove(path: string): Promise<void> {
  await fs.remove(path).catch(() => undefined)
}

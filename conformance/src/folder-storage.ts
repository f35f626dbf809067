import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { RawStorage } from './harness.js'

/**
 * The raw storage of a backend that keeps everything in one folder. Give each storage a folder of its own inside a parent folder of
 * its own: all that lies in the parent beside the storage is watched, so that nothing gets out.
 */
export function folderStorage(folder: string): Required<RawStorage> {
  const root = resolve(folder)
  const parent = dirname(root)
  return {
    async list() {
      const files = (await entriesOf(root)).filter((entry) => entry.kind === 'file')
      return files.map(({ path }) => relative(root, path).split(sep).join('/')).sort()
    },
    read: (name) => readFile(join(root, name)),
    write: (name, bytes) => writeFile(join(root, name), bytes),
    async around() {
      const outside = (await entriesOf(parent, root)).map(
        async ({ path, kind }) => [relative(parent, path).split(sep).join('/'), await contentOf(path, kind)] as const,
      )
      return Object.fromEntries((await Promise.all(outside)).sort(([a], [b]) => (a < b ? -1 : 1)))
    },
  }
}

interface Entry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
}

/** Everything below a folder that is there, without `except` and what is in it. */
async function entriesOf(folder: string, except?: string): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // A file that is removed while others are listed.
    if (error.code === 'ENOENT') return []
    throw error
  })
  const entries = found
    .map((entry) => ({ path: join(folder, entry.name), entry }))
    .filter(({ path }) => path !== except)
    .map(({ path, entry }): Entry => {
      const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'other'
      return { path, kind }
    })
  const below = entries.filter(({ kind }) => kind === 'folder').map(({ path }) => entriesOf(path, except))
  return [...entries, ...(await Promise.all(below)).flat()]
}

async function contentOf(path: string, kind: Entry['kind']): Promise<string> {
  if (kind === 'file')
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  return kind === 'link' ? `link to ${await readlink(path)}` : kind
}

import { createHash } from 'node:crypto'
import { join, sep } from 'node:path'

/** Readable part of a folder's name, at most. */
const SLUG_LENGTH = 40
const HASH_LENGTH = 32
const KEPT_FOLDERS = 1000

/** In the root of every store. */
export const MARKER = 'store.json'
/** All that may lie in the root of a store. */
export const NAMES: ReadonlySet<string> = new Set([
  ...[MARKER, 'counters.json', 'index.jsonl'],
  ...['runs', 'system', 'users', 'journals', 'locks', 'trash'],
])

/**
 * Where everything is: the only place that knows names.
 *
 *     store.json                      says what this folder is
 *     counters.json                   fences, versions of deleted snapshots, sequences of evaluations
 *     index.jsonl                     what lists need, a cache that is rebuilt when it does not fit
 *     runs/<xx>/<name>/state.json     checkpoint of a run
 *     runs/<xx>/<name>/log.<n>.jsonl  its commits since then, one line each
 *     system/<name>.json              a system state
 *     users/<token>.json              an instance that has the store open
 *     journals/<token>.<n>.jsonl      ends of logs that are not synced themselves yet
 *     locks/lock.<n>                  the right to write
 *     locks/wait.<token>              an instance that waits for it
 *     trash/<token>.<n>               deleted runs, on their way out
 *
 * A name is a slug of the id (for people) and a hash of it (for uniqueness), in characters that every file system keeps apart:
 * any id is safe, also where case does not count or names like `CON` are reserved.
 */
export class Layout {
  readonly root: string
  readonly marker: string
  readonly counters: string
  readonly index: string
  readonly runs: string
  readonly system: string
  readonly users: string
  readonly journals: string
  readonly locks: string
  readonly trash: string
  /** All folders of the store, parents first. */
  readonly folders: readonly string[]
  /** The folders of the runs asked for last: hashing an id anew takes longer than looking at its files. */
  readonly #runFolders = new Map<string, string>()

  constructor(root: string) {
    this.root = root
    this.marker = join(root, MARKER)
    this.counters = join(root, 'counters.json')
    this.index = join(root, 'index.jsonl')
    this.runs = join(root, 'runs')
    this.system = join(root, 'system')
    this.users = join(root, 'users')
    this.journals = join(root, 'journals')
    this.locks = join(root, 'locks')
    this.trash = join(root, 'trash')
    this.folders = [this.runs, this.system, this.users, this.journals, this.locks, this.trash]
  }

  runFolder(runId: string): string {
    const known = this.#runFolders.get(runId)
    if (known !== undefined) return known
    const name = nameOf(runId)
    const folder = join(this.runs, shardOf(name), name)
    if (this.#runFolders.size === KEPT_FOLDERS) this.#runFolders.clear()
    this.#runFolders.set(runId, folder)
    return folder
  }
  systemState(key: string): string {
    return inFolder(this.system, `${nameOf(key)}.json`)
  }
  user(token: string): string {
    return inFolder(this.users, `${token}.json`)
  }
  journal(token: string, number: number): string {
    return inFolder(this.journals, `${token}.${number}.jsonl`)
  }
  lock(number: number): string {
    return inFolder(this.locks, `lock.${number}`)
  }
  waiting(token: string): string {
    return inFolder(this.locks, `${WAITING}${token}`)
  }
  trashed(token: string, number: number): string {
    return inFolder(this.trash, `${token}.${number}`)
  }
}

function nameOf(id: string): string {
  const slug = id
    .slice(0, SLUG_LENGTH)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '_')
  return `${slug}-${createHash('sha256').update(id).digest('hex').slice(0, HASH_LENGTH)}`
}

// By the hash, so that the runs spread evenly.
const shardOf = (name: string) => name.slice(-HASH_LENGTH, 2 - HASH_LENGTH)

/** Whether a name in `runs` (in a folder of it) is ours: people's tools leave files of their own everywhere. */
export const isShardName = (name: string) => /^[0-9a-f]{2}$/.test(name)
export const isRunFolderName = (name: string) => /^[a-z0-9_-]+-[0-9a-f]{32}$/.test(name)

/** `join` for names of ours, of which there is nothing to normalize. */
export const inFolder = (folder: string, name: string) => `${folder}${sep}${name}`

export const CHECKPOINT = 'state.json'
export const logName = (generation: number) => `log.${generation}.jsonl`

/** The generation of a log's file name, null for any other file. */
export function generationOf(fileName: string): number | null {
  const match = /^log\.(\d+)\.jsonl$/.exec(fileName)
  return match ? Number(match[1]) : null
}

/** Whose journal it is, by a name in `journals`. */
export const tokenOfJournal = (fileName: string) => fileName.split('.')[0] ?? ''

const WAITING = 'wait.'
/** Who waits for the lock, by a name in `locks`; null for any other file. */
export const tokenOfWaiting = (fileName: string) =>
  fileName.startsWith(WAITING) ? fileName.slice(WAITING.length) : null

const TEMPORARY = '.tmp'
/** A name beside `path` for what is not complete yet; `token` says whose it is. */
export const temporaryName = (path: string, token: string) => `${path}.${token}${TEMPORARY}`
export const isTemporary = (fileName: string) => fileName.endsWith(TEMPORARY)
/** Whose temporary file this is; null for any other file. */
export const tokenOfTemporary = (fileName: string) =>
  isTemporary(fileName) ? (fileName.slice(0, -TEMPORARY.length).split('.').at(-1) ?? '') : null

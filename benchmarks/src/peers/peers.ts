/**
 * Other libraries that keep state, each behind the little that a comparison needs. They are no dependencies of ours: `--peers`
 * installs them into a folder of their own, and what is used of each is described here.
 */
import { join } from 'node:path'
import type { PlainState } from '../content.js'
import type { Loaded, Snapshots } from '../subjects/control.js'
import type { Place } from '../subjects/place.js'
import { openWorkflow } from './openworkflow.js'

/** Loads a module of the folder that the peers are installed in. */
export type Load = <Module>(name: string) => Promise<Module>

export interface Peer {
  readonly name: string
  /** Where it is comparable: as durable. */
  readonly places: readonly Place['name'][]
  /** Whether it keeps whole snapshots, which can grow. */
  readonly keepsSnapshots: boolean
  readonly open: (load: Load, folder: string, synchronous: Synchronous) => Promise<Snapshots>
}

type Synchronous = 'FULL' | 'NORMAL'

const SQLITE = ['sqlite full', 'sqlite normal'] as const

interface SavedCheckpoint {
  readonly checkpoint: { readonly channel_values: { readonly state: PlainState } }
}
interface SqliteSaver {
  readonly db: {
    pragma(text: string): unknown
    prepare(sql: string): { pluck(): { get(): unknown } }
    close(): void
  }
  setup(): void
  put(config: object, checkpoint: object, metadata: object): Promise<unknown>
  getTuple(config: object): Promise<SavedCheckpoint | undefined>
}
interface LangGraph {
  readonly SqliteSaver: { fromConnString(path: string): SqliteSaver }
}
interface LangGraphIds {
  uuid6(clockseq: number): string
}

/** A snapshot is a checkpoint of its thread; all of them are kept, the last one is loaded. */
const langGraph: Peer = {
  name: 'LangGraph.js SQLite',
  places: SQLITE,
  keepsSnapshots: true,
  async open(load, folder, synchronous) {
    const { SqliteSaver } = await load<LangGraph>('@langchain/langgraph-checkpoint-sqlite')
    const { uuid6 } = await load<LangGraphIds>('@langchain/langgraph-checkpoint')
    const saver = SqliteSaver.fromConnString(join(folder, 'langgraph.db'))
    saver.setup()
    saver.db.pragma(`synchronous = ${synchronous}`)
    const configurable = (runId: string) => ({ configurable: { thread_id: runId, checkpoint_ns: '' } })
    let step = 0
    return {
      save(runId, state) {
        const [id, ts] = [uuid6(step), new Date().toISOString()]
        const checkpoint = { v: 4, id, ts, channel_values: { state }, channel_versions: {}, versions_seen: {} }
        return saver.put(configurable(runId), checkpoint, { source: 'loop', step: step++, parents: {} })
      },
      load: async (runId) => (await saver.getTuple(configurable(runId)))?.checkpoint.channel_values.state ?? null,
      count: () => Number(saver.db.prepare('SELECT count(DISTINCT thread_id) FROM checkpoints').pluck().get()),
      close: () => saver.db.close(),
    }
  },
}

interface KeyvStore {
  query(sql: string): Promise<readonly { readonly count: number }[]>
}
interface Keyv {
  readonly Keyv: new (options: {
    readonly store: KeyvStore
  }) => {
    set(key: string, value: unknown): Promise<unknown>
    get(key: string): Promise<Loaded | undefined>
    disconnect(): Promise<void>
  }
}
interface KeyvSqlite {
  readonly KeyvSqlite: new (options: { readonly uri: string }) => KeyvStore
}

const keyv: Peer = {
  name: 'Keyv SQLite',
  places: SQLITE,
  keepsSnapshots: true,
  async open(load, folder, synchronous) {
    const { Keyv } = await load<Keyv>('keyv')
    const { KeyvSqlite } = await load<KeyvSqlite>('@keyv/sqlite')
    const store = new KeyvSqlite({ uri: `sqlite://${join(folder, 'keyv.db')}` })
    await store.query('PRAGMA journal_mode = WAL')
    await store.query(`PRAGMA synchronous = ${synchronous}`)
    const kept = new Keyv({ store })
    return {
      save: (runId, state) => kept.set(runId, state),
      load: async (runId) => (await kept.get(runId)) ?? null,
      count: async () => (await store.query('SELECT count(*) AS count FROM keyv'))[0]?.count ?? 0,
      close: () => kept.disconnect(),
    }
  },
}

interface Storage {
  setItem(key: string, value: PlainState): Promise<void>
  getItem(key: string): Promise<Loaded | null>
  getKeys(): Promise<readonly string[]>
  dispose(): Promise<void>
}
interface Unstorage {
  createStorage(options: { readonly driver: unknown }): Storage
}
interface UnstorageFs {
  default(options: { readonly base: string }): unknown
}

const unstorage: Peer = {
  name: 'unstorage fs, no fsync',
  places: ['file'],
  keepsSnapshots: true,
  async open(load, folder) {
    const { createStorage } = await load<Unstorage>('unstorage')
    const { default: fsDriver } = await load<UnstorageFs>('unstorage/drivers/fs')
    const storage = createStorage({ driver: fsDriver({ base: join(folder, 'unstorage') }) })
    return {
      save: (runId, state) => storage.setItem(runId, state),
      load: (runId) => storage.getItem(runId),
      count: async () => (await storage.getKeys()).length,
      close: () => storage.dispose(),
    }
  },
}

export const peers: readonly Peer[] = [langGraph, keyv, unstorage, openWorkflow]

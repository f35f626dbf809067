import { type BackendOptions, isDefaultCodec, StateBackendError } from '@flujo-state/core'

/** An open better-sqlite3 `Database`, in the few members by which it is recognised. */
export interface BetterSqlite3Database {
  readonly open: boolean
  readonly name: string
  readonly inTransaction: boolean
  prepare(source: string): unknown
  exec(source: string): unknown
  pragma(source: string): unknown
}

export type Durability = 'full' | 'normal'

/**
 * What to do about a schema that is not current: make it so (`auto`), refuse (`verify`, for deployments that migrate in a step
 * of their own), or not even look (`off`).
 */
export type MigrateMode = 'auto' | 'verify' | 'off'

export interface SQLiteBackendOptions extends BackendOptions {
  /**
   * What a resolved write survives: `full` (the default), also the loss of power: it was fsynced. `normal`: the death of the
   * process, but the last writes may be lost with the power; several times faster, and never damaged or out of order.
   */
  readonly durability?: Durability | undefined
  /** How many milliseconds to wait for a lock that another process holds before the call is `BUSY`; 5,000 unless given. */
  readonly busyTimeoutMs?: number | undefined
  /**
   * `auto` (the default) makes the schema, or brings it up to date, at the first call. `verify` refuses a store that is not
   * current with `SCHEMA_OUTDATED`. `off` does not look.
   */
  readonly migrate?: MigrateMode | undefined
  /**
   * Payloads of snapshots (`pipelineContext`, `lastStepOutput`) of more UTF-8 bytes stand apart, in pieces of which a save writes only
   * those that are new; 65,536 unless given, at least 1,024. Smaller ones stay in the snapshot's row, where `json_extract` finds them.
   */
  readonly offloadBytes?: number | undefined
  /**
   * Top-level keys of `metadata` that `metadataFilter` often asks for a text, number, boolean or null: each gets an index, by which
   * such runs are found however many there are. Made at the first opening that declares the key (which takes seconds for a million
   * runs), and only with `migrate: 'auto'`; under the other modes an index is used if it is there. It stays when the key is not
   * declared any more, and costs a little at every run, until you drop it. Does nothing with a codec of your own: what its
   * texts mean, it alone knows. Answers are the same with and without.
   */
  readonly indexedMetadata?: readonly string[] | undefined
}

export interface CheckedOptions {
  readonly common: BackendOptions
  readonly durability: Durability
  readonly busyTimeoutMs: number
  readonly migrate: MigrateMode
  readonly offloadBytes: number
  readonly indexedMetadata: readonly string[]
}

const COMMON = ['clock', 'codec', 'maxPayloadBytes', 'upgradeState', 'observer']
const OWN = ['durability', 'busyTimeoutMs', 'migrate', 'offloadBytes', 'indexedMetadata']
/** What a timer can wait for. */
const LONGEST_TIMEOUT = 2 ** 31 - 1
const OFFLOAD_BYTES = 64 * 1024
const LEAST_OFFLOAD_BYTES = 1024

/** @throws `VALIDATION` naming the option and what it should be */
export function checkOptions(options: SQLiteBackendOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) throw wrong('$', 'expected an object of options')
  const unknown = Object.keys(options).find((name) => !COMMON.includes(name) && !OWN.includes(name))
  if (unknown !== undefined) throw wrong(`$.${unknown}`, `is no option; there are ${[...OWN, ...COMMON].join(', ')}`)
  const { durability = 'full', busyTimeoutMs = 5000, migrate = 'auto', ...rest } = options
  const { offloadBytes = OFFLOAD_BYTES, indexedMetadata = [], ...common } = rest
  oneOf('durability', durability, ['full', 'normal'])
  oneOf('migrate', migrate, ['auto', 'verify', 'off'])
  if (!Number.isFinite(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > LONGEST_TIMEOUT)
    throw wrong('$.busyTimeoutMs', `expected milliseconds from 0 to ${LONGEST_TIMEOUT}`)
  if (!Number.isSafeInteger(offloadBytes) || offloadBytes < LEAST_OFFLOAD_BYTES)
    throw wrong('$.offloadBytes', `expected a whole number of bytes from ${LEAST_OFFLOAD_BYTES}`)
  checkKeys(indexedMetadata)
  const isLookedInto = common.codec === undefined || isDefaultCodec(common.codec)
  return {
    common,
    durability,
    busyTimeoutMs,
    migrate,
    offloadBytes,
    indexedMetadata: isLookedInto ? indexedMetadata : [],
  }
}

function oneOf(name: string, value: unknown, values: readonly string[]): void {
  if (typeof value === 'string' && values.includes(value)) return
  throw wrong(`$.${name}`, `expected ${values.map((value) => `'${value}'`).join(' or ')}`)
}

// Keys become part of a JSON path in an index: only such that need no quoting there.
function checkKeys(keys: unknown): void {
  if (!Array.isArray(keys)) throw wrong('$.indexedMetadata', "expected an array of metadata keys, like ['customerId']")
  keys.forEach((key, index) => {
    if (typeof key === 'string' && /^[A-Za-z_]\w{0,99}$/.test(key)) return
    throw wrong(`$.indexedMetadata[${index}]`, 'expected a key of letters, digits and _, at most 100 of them')
  })
}

function wrong(path: string, what: string): StateBackendError {
  return new StateBackendError('VALIDATION', `SQLiteBackend options: ${path} ${what}`, { path })
}

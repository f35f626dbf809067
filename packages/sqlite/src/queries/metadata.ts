/** Finding runs by their metadata: by the text of a member, or by an index on it. */
import type { MemberText } from '@flujo-state/core'
import type BetterSqlite3 from 'better-sqlite3'
import { type SQL, sql } from 'drizzle-orm'
import { runs } from '../schema.js'

const t = runs
/** What readers get: the snapshot's if there is one. */
export const effectiveMetadata = sql`coalesce(${t.stateMetadata}, ${t.metadata})`

/** What the text of metadata begins with that is written as a tag itself. */
const TAG_BEGIN = '{"$flujo"'
/** Stands in an index for values that may be more than their text says: core has to look. No text of JSON is like it. */
const UNKNOWN = '{'

/**
 * The text of the member's value, as the index has it; null if there is none. Texts that are no JSON are those of a codec that
 * others use on the same store. Keys are such that need no quoting.
 */
function indexedText(key: string): string {
  const metadata = 'coalesce(state_metadata, metadata)'
  const path = `'$."${key}"'`
  return `case
    when substr(${metadata}, 1, ${TAG_BEGIN.length}) = '${TAG_BEGIN}' or not json_valid(${metadata}) then '${UNKNOWN}'
    when json_type(${metadata}, ${path}) in ('object', 'array') then '${UNKNOWN}'
    else ${metadata} -> ${path} end`
}

const PREFIX = 'runs_by_metadata_'

/** Names of indexes are the same in capitals, keys are not. */
export function metadataIndexName(key: string): string {
  return PREFIX + key.replace(/[A-Z]/g, (letter) => `^${letter.toLowerCase()}`)
}

/** What makes the index of a key. */
export function metadataIndexSql(key: string): string {
  return `create index if not exists "${metadataIndexName(key)}" on runs (${indexedText(key)}, created_at, run_id)`
}

/** Those of the keys that have their index. */
export function keysWithIndex(handle: BetterSqlite3.Database, keys: readonly string[]): string[] {
  const find = handle.prepare("select 1 from sqlite_schema where type = 'index' and name = ?").raw()
  return keys.filter((key) => find.get(metadataIndexName(key)) !== undefined)
}

export function makeMetadataIndexes(handle: BetterSqlite3.Database, keys: readonly string[]): void {
  for (const key of keys) handle.exec(metadataIndexSql(key))
}

/** The two ranges of a key's index where its member may be. */
export function armsOfMember(key: string): SQL[] {
  const text = sql`(${sql.raw(indexedText(key))})`
  return [sql`${text} = ${sql.placeholder('indexedValue')}`, sql`${text} = ${sql.raw(`'${UNKNOWN}'`)}`]
}

/** Whether the metadata may have a member of so many texts; `nth` makes the names of the placeholders. */
export function mayHaveMember(nth: number, texts: number): SQL {
  const has = Array.from(
    { length: texts },
    (_, i) => sql`instr(${effectiveMetadata}, ${sql.placeholder(`text${nth}_${i}`)})`,
  )
  // In one comparison, as every row pays for it: tags begin before this, and texts of another codec anywhere, as do the few
  // objects whose first key begins with one of !"#$ or a blank. Core looks at them all.
  const isOther = sql`${effectiveMetadata} not between '{"%' and '{}'`
  return sql`(${sql.join([...has, isOther], sql` or `)})`
}

/** The values of the placeholders of `mayHaveMember`. */
export function valuesOfMembers(members: readonly MemberText[]): Record<string, string> {
  return Object.fromEntries(
    members.flatMap(({ texts }, nth) => texts.map((text, i) => [`text${nth}_${i}`, text] as const)),
  )
}

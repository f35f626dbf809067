import { join } from 'node:path'
import type { SpanNode, SpanNodeInput } from '@flujo-state/core'
import type Database from 'better-sqlite3'
import { type Durability, openDatabase } from './sqlite-database.js'

/** What the raw control keeps of a span. */
export type PlainSpan = Pick<SpanNode, 'spanId' | 'name' | 'startTime' | 'endTime' | 'status' | 'attributes' | 'events'>
export interface SpanTree extends PlainSpan {
  readonly children: SpanTree[]
}

/** Raw rows of spans: a trace in one transaction, read by its run and put together. */
export class SQLiteTraces {
  readonly #database: Database.Database
  readonly #read: Database.Statement<unknown[], unknown[]>
  readonly #save: (runId: string, root: SpanNodeInput) => void

  static async open(folder: string, durability: Durability): Promise<SQLiteTraces> {
    return new SQLiteTraces(await openDatabase(join(folder, 'traces.db'), durability))
  }

  private constructor(database: Database.Database) {
    this.#database = database
    const clear = database.prepare('DELETE FROM spans WHERE run_id = ?')
    const insert = database.prepare(
      `INSERT INTO spans (run_id, span_id, parent_span_id, name, start_time, end_time, status, attributes, events)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    const add = (runId: string, parentId: string | null, span: SpanNodeInput): void => {
      const { spanId, name, startTime, endTime, status, attributes, events } = span
      const texts = [JSON.stringify(attributes), JSON.stringify(events)]
      insert.run(runId, spanId, parentId, name, startTime, endTime, status, ...texts)
      for (const child of span.children ?? []) add(runId, spanId, child)
    }
    this.#save = database.transaction((runId: string, root: SpanNodeInput) => {
      clear.run(runId)
      add(runId, null, root)
    }).immediate
    this.#read = database
      .prepare<unknown[], unknown[]>(
        `SELECT span_id, parent_span_id, name, start_time, end_time, status, attributes, events
         FROM spans WHERE run_id = ? ORDER BY start_time, span_id`,
      )
      .raw()
  }

  save(runId: string, root: SpanNodeInput): void {
    this.#save(runId, root)
  }

  load(runId: string): SpanTree | null {
    const nodes = new Map<unknown, SpanTree>()
    let root: SpanTree | null = null
    for (const row of this.#read.all(runId)) {
      const node = treeNode(row)
      nodes.set(row[0], node)
      // Children begin after their parents here.
      if (row[1] === null) root = node
      else nodes.get(row[1])?.children.push(node)
    }
    return root
  }

  close(): void {
    this.#database.close()
  }
}

function treeNode(row: readonly unknown[]): SpanTree {
  return {
    spanId: row[0] as string,
    name: row[2] as string,
    startTime: row[3] as number,
    endTime: row[4] as number,
    status: row[5] as string,
    attributes: JSON.parse(row[6] as string),
    events: JSON.parse(row[7] as string),
    children: [],
  }
}

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual, promisify } from 'node:util'
import Database from 'better-sqlite3'
import { install } from '../cold/installed.js'
import { Content } from '../content.js'
import { type Contest, contest, expect, type Match, type Side, type Site } from '../harness/contest.js'
import type { Entry } from '../subjects/control.js'
import type { Settings } from '../subjects/place.js'
import { schemaOfOurs } from '../subjects/sqlite-database.js'

const SIZE = 1024
/** Processes started in a round. */
const STARTS = 3
const run = promisify(execFile)

interface Start {
  readonly millis: number
  readonly cpuMicros: number
  readonly database: string
}

interface Task extends Entry {
  /** The file that tells it to the process. */
  readonly file: string
}

/** Import, open a fresh file, save for the first time: a new process each time, which times itself. */
export function coldStart({ quick }: Settings): Contest[] {
  return [
    contest({
      work: 'cold start to the first save',
      place: 'sqlite full',
      control: 'prepared Drizzle on better-sqlite3',
      // At most 1.3 times as long.
      target: 0.77,
      open: (site) => openMatch(site, quick ? 1 : STARTS),
    }),
  ]
}

async function openMatch({ folder }: Site, operations: number): Promise<Match<Task>> {
  const schema = await schemaOfOurs(join(folder, 'schema.db'))
  const content = new Content()
  const scripts = await install(folder)
  return {
    operations,
    async input(round) {
      const task = { runId: `run-${round}`, state: content.state(SIZE) }
      const file = join(folder, `task-${round}.json`)
      await writeFile(file, JSON.stringify({ ...task, schema }))
      return { ...task, file }
    },
    sides: { control: side(scripts.control, operations), ours: side(scripts.ours, operations) },
  }
}

function side(script: string, operations: number): Side<Task> {
  return {
    async run({ file, runId }) {
      const starts: Start[] = []
      for (let start = 0; start < operations; start++) {
        const database = `${script}-${runId}-${start}.db`
        const { stdout } = await run(process.execPath, [script, file, database])
        starts.push({ ...JSON.parse(stdout), database })
      }
      return starts
    },
    verify(task, starts) {
      for (const { database } of starts as Start[]) checkSaved(database, task)
    },
    measured(starts) {
      const sum = (of: (start: Start) => number) => (starts as Start[]).reduce((total, start) => total + of(start), 0)
      return { seconds: sum(({ millis }) => millis) / 1000, cpuMicros: sum(({ cpuMicros }) => cpuMicros) }
    },
  }
}

function checkSaved(path: string, { runId, state }: Entry): void {
  const database = new Database(path, { readonly: true })
  try {
    const text = database.prepare('SELECT pipeline_context FROM workflow_state WHERE run_id = ?').pluck().get(runId)
    expect(isDeepStrictEqual(JSON.parse(String(text)), state.pipelineContext), 'the first save left nothing')
  } finally {
    database.close()
  }
}

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Harness, HarnessEnv } from '@flujo-state/conformance'
import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { afterAll } from 'vitest'
import { type Durability, SQLiteBackend } from '../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'flujo-sqlite-conformance-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Every rule wants an empty store: a copy of this one is faster than a new one.
const empty = join(folder, 'empty.db')
const template = new SQLiteBackend(empty)
await template.open()
await template.shutdown()

function inFile(durability: Durability): Harness {
  const path = ({ storageKey }: HarnessEnv) => join(folder, `${storageKey}.db`)
  const open = (env: HarnessEnv) => new SQLiteBackend(path(env), { clock: env.clock, durability })
  const create = (env: HarnessEnv) => {
    copyFileSync(empty, path(env))
    return open(env)
  }
  const destroy = (env: HarnessEnv) => rmSync(path(env), { force: true })
  return { name: `sqlite, in a file, ${durability}`, create, reopen: open, second: open, destroy }
}

describeStateBackend({ name: 'sqlite, in memory', create: ({ clock }) => new SQLiteBackend(':memory:', { clock }) })
describeStateBackend(inFile('full'))
describeStateBackend(inFile('normal'))

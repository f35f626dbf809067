import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStateBackend } from '@flujo-state/conformance/vitest'
import type { Harness } from '@flujo-state/conformance'
import { SQLiteBackend } from '../src/index.js'

describeStateBackend({ name: 'sqlite, in memory', create: ({ clock }) => new SQLiteBackend(':memory:', { clock }) })

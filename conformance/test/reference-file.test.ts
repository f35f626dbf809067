import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStateBackend } from '@flujo-state/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundledSpawn } from '../../bundle.shared.js'
import { createGenerators } from '../src/fixtures/generators.js'
import type { Harness, SpawnHook } from '../src/harness.js'
import { ReferenceFileStore } from '../src/reference-file.js'
import { referenceFileHarness } from '../src/reference-file-harness.js'
import { describeStateBackend } from '../src/vitest.js'

// As in the packed suite, where the program of a child is JavaScript.
const harness: Harness = {
  ...referenceFileHarness(),
  spawn: {
    ...(referenceFileHarness().spawn as SpawnHook),
    ...bundledSpawn(new URL('../src/reference-file.ts', import.meta.url), 'openReferenceFile'),
  },
}
// What files, processes and failures have to do with: in all else it is the reference store. reference-file.long.ts asks more.
describeStateBackend(harness, { only: ['DUR', 'MIG', 'SHD', 'STT-09', 'BGT-14', 'CON-13', 'EXT-02'] })

describe('the lock of the reference file store', () => {
  const state = createGenerators().state()

  function open() {
    const folder = mkdtempSync(join(tmpdir(), 'flujo-reference-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return { folder, backend: createStateBackend(new ReferenceFileStore(folder, { busyTimeoutMs: 0 })) }
  }
  async function deadProcess(): Promise<number> {
    const child = spawn(process.execPath, ['--version'])
    await once(child, 'exit')
    return child.pid ?? 0
  }

  it('is left to a living process', async () => {
    const { folder, backend } = open()
    await backend.open()
    writeFileSync(join(folder, 'lock-2-1'), String(process.ppid))
    await expect(backend.saveState('a', state)).rejects.toMatchObject({ code: 'BUSY' })
    expect(readdirSync(folder)).toEqual(['lock-2-1', 'tables.json'])
  })

  it('is taken over from dead ones, and all that they left is swept', async () => {
    const { folder, backend } = open()
    await backend.open()
    const dead = await deadProcess()
    for (const name of ['lock-1-1', 'lock-2-1', 'lock-2-2', `${dead}-1.tmp`])
      writeFileSync(join(folder, name), String(dead))
    await backend.saveState('a', state)
    expect(readdirSync(folder)).toEqual(['tables.json'])
  })

  it('of one that is alive is not passed over because the one before is dead', async () => {
    const { folder, backend } = open()
    await backend.open()
    writeFileSync(join(folder, 'lock-2-1'), String(await deadProcess()))
    writeFileSync(join(folder, 'lock-2-2'), String(process.ppid))
    await expect(backend.saveState('a', state)).rejects.toMatchObject({ code: 'BUSY' })
  })
})

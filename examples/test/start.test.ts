/** The main example as `npm start` runs it: what it prints, and that its exit code can be trusted. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SQLiteBackend } from '@flujo-state/sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { wantsColor } from '../src/show/text.js'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
// Three processes one after the other, on machines that do other things too.
vi.setConfig({ testTimeout: 120_000 })

const tsx = import.meta.resolve('tsx')

function start(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'flujo-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, ['--import', tsx, main], {
    env: { ...process.env, FLUJO_EXAMPLE_DATA: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { folder, child, ended: outputOf(child) }
}

async function outputOf(child: ChildProcess): Promise<{ code: number | null; output: string; errors: string }> {
  const texts = { output: '', errors: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    texts.output += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    texts.errors += text
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...texts }
}

describe('npm start', () => {
  it('shows a run that is killed, resumes, is approved and completes', async () => {
    const { folder, ended } = start()
    const { code, output, errors } = await ended
    expect([code, errors, output.match(/^.*FAILED.*\n.*$/m)]).toEqual([0, '', null])
    const lines = output.split('\n')
    expect(lines.filter((line) => [...line].length > 80)).toEqual([])
    expect(output).not.toMatch(/\p{Cc}\[|undefined|NaN|\[object/u)

    const order = [
      /│ 4\/7 estimate …/,
      /^ {3}kill -9 \d+$/,
      /✓ the first worker was killed by SIGKILL/,
      /│ run sales-2026-q3 goes on with step 4 of 7/,
      /│ paused in approve: may draft.md be published\?/,
      /✓ no finished step ran twice, the killed one did/,
      /✓ a third process approved, and it completed/,
      /^sales-2026-q3 +Sales report +completed +7\/7/,
      /^ 4 {2}estimate +completed/,
      /^Sales report +━+ +[\d.]+ s$/,
      /^ {2}estimate +× +interrupted$/,
      /^ {2}estimate +━+ +[\d.]+ m?s$/,
      /^2 workflows: 0 running, 0 paused, 2 completed, 0 failed, 0 cancelled$/,
      /sales\.db$/,
      /^All 14 checks hold\.$/,
    ]
    let from = 0
    for (const pattern of order) {
      const at = lines.findIndex((line, index) => index >= from && pattern.test(line))
      expect([pattern, at >= 0]).toEqual([pattern, true])
      from = at + 1
    }

    // The same, by what is there and not by what it says.
    const journal = readFileSync(join(folder, 'journal.txt'), 'utf8').trim().split('\n')
    const executed = journal.filter((line) => line.includes(' sales-2026-q3 ')).map((line) => line.split(' ')[0])
    expect(executed).toEqual([
      'read',
      'clean',
      'aggregate',
      'estimate',
      'estimate',
      'report',
      'approve',
      'approve',
      'publish',
    ])
    expect(new Set(journal.map((line) => line.split(' ').at(-1))).size).toBe(3)
    expect(readFileSync(join(folder, 'published', 'sales-2026-q3.md'), 'utf8')).toMatch(/^# Sales of the third quarter/)
    await using backend = new SQLiteBackend(join(folder, 'sales.db'))
    expect(await backend.getRunDetails('sales-2026-q3')).toMatchObject({ status: 'completed' })
    expect(await backend.getLease('sales-2026-q3')).toBeNull()
  })

  it('fails if finished steps run again', async () => {
    const { code, output } = await start({ FLUJO_EXAMPLE_SABOTAGE: 'repeat' }).ended
    expect(code).toBe(1)
    expect(output).toContain('✗ FAILED: no finished step ran twice, the killed one did')
    expect(output).toMatch(/^1 of 14 checks FAILED\.$/m)
  })

  it('told to stop pauses the run and ends', async () => {
    const { folder, child, ended } = start()
    let seen = ''
    child.stdout?.on('data', (text: string) => {
      const before = seen
      seen += text
      // In the second worker, which nobody kills.
      const begun = /goes on with.*\n.*estimate …/
      if (begun.test(seen) && !begun.test(before)) child.kill('SIGTERM')
    })
    const { code, output } = await ended
    expect(code).toBe(143)
    expect(output).toMatch(/paused in (estimate|report): SIGTERM was received/)
    await using backend = new SQLiteBackend(join(folder, 'sales.db'))
    expect(await backend.getRunDetails('sales-2026-q3')).toMatchObject({ status: 'paused' })
    expect(existsSync(join(folder, 'published'))).toBe(false)
  })
})

describe('colours', () => {
  it('are for terminals, and not against NO_COLOR', () => {
    expect(wantsColor({ isTTY: true }, {})).toBe(true)
    expect(wantsColor({ isTTY: true }, { NO_COLOR: '' })).toBe(true)
    expect(wantsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false)
    expect(wantsColor({ isTTY: true }, { TERM: 'dumb' })).toBe(false)
    expect(wantsColor({}, {})).toBe(false)
  })
})

import { mkdtempSync, readFileSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Report } from '../src/index.js'
import { harnessProgram, startCommand } from './support/command.js'

const folder = mkdtempSync(join(tmpdir(), 'flujo-cli-process-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('runs the rules about time in other time zones too', async () => {
  const { code, stdout, stderr } = await startCommand(
    [harnessProgram('time-zone'), '--only', 'TIM-02,STA-01', '--json', '--jobs', '2'],
    {
      TZ: 'UTC',
    },
  ).ended
  const report = JSON.parse(stdout) as Report
  expect(code).toBe(1)
  expect(report.counts).toMatchObject({ pass: 3, fail: 5 })
  expect(report.zones.map(({ zone, counts }) => [zone, counts.fail])).toEqual([
    ['UTC', 0],
    ['America/St_Johns', 1],
    ['Asia/Kolkata', 1],
    ['Pacific/Apia', 1],
    ['the start of summer time', 1],
    ['29 February', 1],
  ])
  expect(stderr).toContain('FAIL TIM-02 (Asia/Kolkata): ')
  expect(stderr).toMatch(/again: TZ=Asia\/Kolkata npx .* --only TIM-02 --seed \d+ --start 2026-03-01T00:00:00.000Z/)
})

it('loads a module first, in a process of its own, and passes on its exit code', async () => {
  const loader = 'data:text/javascript,globalThis.process.env.FLUJO_LOADED="yes"'
  const args = ['--import', loader, harnessProgram('without-hooks'), '--only', 'STA-01,DUR-01', '--no-time-zones']
  const { code, stdout } = await startCommand(args).ended
  expect(code).toBe(3)
  expect(stdout).toContain('without hooks')
})

it('removes the storage of the running rule when it is interrupted', async () => {
  const log = join(folder, 'log')
  const { child, ended } = startCommand([harnessProgram('hanging'), '--only', 'STA-02'], { FLUJO_TEST_LOG: log })
  const watching = watch(folder)
  await new Promise((resolve) => watching.once('change', resolve))
  watching.close()
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  const [made = '', destroyed] = readFileSync(log, 'utf8').trim().split('\n')
  expect(made).toMatch(/^made /)
  expect(destroyed).toBe(made.replace('made', 'destroyed'))
})

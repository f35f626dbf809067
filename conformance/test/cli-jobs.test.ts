import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Live } from '../src/cli/live.js'
import { main } from '../src/cli/main.js'
import type { Report } from '../src/index.js'
import { command, harnessProgram, startCommand } from './support/command.js'

const folder = mkdtempSync(join(tmpdir(), 'flujo-cli-jobs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const here = '--no-time-zones'
const run = (name: string, args: readonly string[], env?: NodeJS.ProcessEnv) =>
  startCommand([harnessProgram(name), ...args], env).ended

const patient = { timeout: 10_000 }
const withoutStack = (text: string) => text.replaceAll(/\n *at .*/g, '')

describe('several jobs', () => {
  it('find and tell the same as one', async () => {
    const told = async (jobs: string) => {
      const file = join(folder, `${jobs}.json`)
      const args = [here, '--only', 'STA-01,STA-02,STA-03,MDL-01', '--seed', '7', '--json', file, '--jobs', jobs]
      const { code, stdout, stderr } = await run('two', args)
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
      const same = (key: string, value: unknown) =>
        key === 'ms' ? 0 : typeof value === 'string' ? withoutStack(value) : value
      const reports = JSON.parse(readFileSync(file, 'utf8'), same) as Report[]
      return { stdout: withoutStack(stdout).replaceAll(/\d+\.\d s/g, ''), reports }
    }
    const [one, two] = await Promise.all([told('1'), told('2')])
    expect(two).toEqual(one)
    expect(two.stdout).toMatch(/again: npx \S+ \S+ --only STA-02 --seed 7\n/)
    expect(two.stdout).not.toContain('--jobs')
  })

  it('end after the first failure if asked', async () => {
    const { code, stdout } = await run('wrong', ['--only', 'STA', '--bail', '--jobs', '2'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/\nNOT OK: (\d+ pass, )?[12] fail\n/)
    expect(stdout).not.toContain('other time zones')
  })

  it('are counted together on a terminal', async () => {
    const drawn: string[] = []
    const terminal = { isTTY: true, write: (text: string) => void drawn.push(text) }
    const io = { stdout: { write: () => {} }, stderr: terminal, env: {}, program: command() }
    await main([harnessProgram('wrong'), here, '--only', 'STA-01,STA-02', '--jobs', '2'], io, new Live())
    expect(drawn.join('')).toContain('STA  2/2  2 failed')
  })
})

it('what only the command itself may ask for is refused', async () => {
  const { code, stderr } = await run('right', ['--job'])
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('you want --jobs') })
})

describe('a job that dies', () => {
  it('is an error of the case it was in, with what it said, and the others are run all the same', async () => {
    const { code, stdout } = await run('deadly', [here, '--only', 'STA-01,STA-02,STA-03,STA-04', '--jobs', '2'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/\nERROR STA-02: .*\n {2}its process ended \(SIGKILL\): the last word\n/)
    expect(stdout).toMatch(/\nERROR STA-03: .*\n {2}its process ended \(exit code 4\): .* exit code 0\n/)
    expect(stdout).toMatch(/\nNOT OK: 2 pass, 2 error\n/)
  })

  it('before it has begun, or after its last case, is an error of the run', async () => {
    const [load, end] = await Promise.all(
      ['load', 'end'].map((FLUJO_TEST_DIES) =>
        run('deadly', [here, '--only', 'STA-01', '--jobs', '2'], { FLUJO_TEST_DIES }),
      ),
    )
    expect(load).toMatchObject({ code: 2, stdout: '' })
    expect(load?.stderr).toMatch(/a job did not start: its process ended \(exit code 2\): .*no server for me/)
    expect(end).toMatchObject({ code: 4, stdout: '' })
    expect(end?.stderr).toMatch(/after its last case a job failed: its process ended \(exit code 4\)[\s\S]*too late/)
  })

  it('is no success without jobs either', async () => {
    const { code, stdout } = await run('deadly', [here, '--only', 'STA-03'])
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  })
})

it.each([
  ['interrupted', 'SIGINT', 130],
  ['killed', 'SIGKILL', null],
] as const)('the jobs of a command that is %s remove their own storages and end', async (_, signal, code) => {
  const log = join(folder, signal)
  const args = [harnessProgram('hanging'), here, '--only', 'STA-01,STA-02,STA-03', '--jobs', '2']
  const { child, ended } = startCommand(args, { FLUJO_TEST_LOG: log })
  const lines = (word: string) =>
    readFileSync(log, { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .filter((line) => line.startsWith(word))
  await expect.poll(() => lines('made'), patient).toHaveLength(2)
  child.kill(signal)
  expect((await ended).code).toBe(code)
  const made = lines('made')
  const [keys, pids] = [1, 2].map((place) => new Set(made.map((line) => line.split(' ')[place])))
  expect([keys?.size, pids?.size]).toEqual([2, 2])
  for (const line of made) {
    await expect.poll(() => lines('destroyed'), patient).toContain(line.replace('made', 'destroyed'))
    await expect.poll(() => lines('ended'), patient).toContain(`ended ${line.split(' ')[2]}`)
  }
})

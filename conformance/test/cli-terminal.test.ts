import { describe, expect, it } from 'vitest'
import { Live } from '../src/cli/live.js'
import { main } from '../src/cli/main.js'
import { command, harnessFile } from './support/command.js'

/** The command, with somebody who looks on. */
async function onTerminal(env: NodeJS.ProcessEnv, ...args: string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const terminal = (texts: string[]) => ({ isTTY: true, columns: 20, write: (text: string) => void texts.push(text) })
  const io = { stdout: terminal(stdout), stderr: terminal(stderr), env, program: command() }
  await main(args, io, new Live())
  return { stdout: stdout.join(''), drawn: stderr }
}

const wrong = [harnessFile('wrong'), '--no-time-zones', '--only', 'STA-01,STA-02']
const ERASE = '\r\x1b[2K'

describe('on a terminal', () => {
  it('one line says how far it is, shorter than the terminal is wide, and is erased in the end', async () => {
    const { drawn } = await onTerminal({}, ...wrong)
    expect(drawn).toContain(`${ERASE}STA  2/2  2 failed`)
    expect(drawn.at(-1)).toBe(ERASE)
    for (const line of drawn) {
      expect(line.startsWith(ERASE)).toBe(true)
      expect(line.length).toBeLessThan(ERASE.length + 20)
    }
  })

  it('the report has colours, unless NO_COLOR is set', async () => {
    expect((await onTerminal({}, ...wrong)).stdout).toContain('\x1b[31mNOT OK\x1b[39m')
    expect((await onTerminal({ NO_COLOR: '1' }, ...wrong)).stdout).not.toContain('\x1b')
    expect((await onTerminal({ TERM: 'dumb' }, ...wrong)).stdout).not.toContain('\x1b')
  })

  it('a line that is drawn anew is not for CI, nor for a terminal that cannot', async () => {
    expect((await onTerminal({ CI: 'true' }, ...wrong)).drawn).toEqual([])
    expect((await onTerminal({ TERM: 'dumb' }, ...wrong)).drawn).toEqual([])
  })

  it('the self-test draws one too', async () => {
    const { stdout, drawn } = await onTerminal({}, '--self-test', '--only', 'undefined-for-missing')
    expect(drawn[0]).toContain('broken backends  1/')
    expect(stdout).toMatch(/^1 of 1 broken backends caught/)
  })
})

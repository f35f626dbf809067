/** What authors of harnesses get wrong, and whether they are told what to do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { problemsOf, tryHarness } from '../src/cli/check-harness.js'
import { loadHarnesses } from '../src/cli/load.js'
import type { Harness } from '../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'conformance-harness-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const harness = (more: object) => ({ name: 'x', create() {}, ...more })
const spawn = (module: unknown) => problemsOf(harness({ spawn: { module, exportName: 'open' } }))

describe('a harness is refused', () => {
  it.each([
    ['undefined', undefined],
    ['"text"', 'text'],
    ['function Backend', class Backend {}],
  ])('whose create gives %s', async (shown, value) => {
    const wrong = { name: 'x', create: async () => value } as unknown as Harness
    await expect(tryHarness(wrong)).rejects.toThrow(
      `x: create failed: TypeError: it gave ${shown}, which is no StateBackend`,
    )
  })

  it('whose child process would not find its module', () => {
    expect(spawn('./harness.js')).toEqual([expect.stringContaining('such as import.meta.url, not ./harness.js')])
    expect([spawn(import.meta.url), spawn(new URL(import.meta.url)), spawn(folder)]).toEqual([[], [], []])
  })

  it('that has a member unknown to it, with those that are known', () =>
    expect(problemsOf(harness({ reOpen() {} }))).toEqual([expect.stringMatching(/no member `reOpen` \(.*reopen/)]))
})

describe('a module is refused', () => {
  it('that is a folder', () => expect(loadHarnesses(folder)).rejects.toThrow('is no file: name the module'))

  // Thrown by the module itself, since vitest would find what Node cannot read before Node does.
  it('that has a syntax error, with a way to its place', async () => {
    const file = join(folder, 'half.mjs')
    writeFileSync(file, 'export default JSON.parse("{")')
    await expect(loadHarnesses(file)).rejects.toThrow(`\`node ${file}\` shows where`)
  })
})

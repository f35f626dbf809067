/**
 * Runs every `ts` example of the READMEs as a user would, and compares what it prints with what its comments say. The harnesses of
 * conformance/README.md are about a backend that its reader writes: one of ours stands for it, under the command of that README.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../bundle.shared.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Inside this package, so that the examples find the packages that they import.
const data = fileURLToPath(new URL('../.data', import.meta.url))
const tsx = import.meta.resolve('tsx')

// An example that runs the whole suite runs a part of it: all of it is run for that backend's own tests.
const SOME_RULES = '--test-name-pattern=/(^| )STA-/'

interface Example {
  readonly name: string
  readonly code: string
  /** The comments behind `console.log(…)`, in order. */
  readonly prints: readonly string[]
}

async function readmes(): Promise<string[]> {
  const packages = await readdir(join(root, 'packages'))
  return ['README.md', ...packages.map((name) => `packages/${name}/README.md`)]
}

async function examplesOf(readme: string): Promise<Example[]> {
  const text = await readFile(join(root, readme), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ''], index) => ({
    name: `${readme} ${index + 1}`,
    code,
    prints: [...code.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].map(([, comment = '']) => comment),
  }))
}

const examples = (await Promise.all((await readmes()).map(examplesOf))).flat()

let folder: string
// One for each run of this file, so that two at the same time do not take each other's away.
let sources: string
beforeAll(async () => {
  await mkdir(data, { recursive: true })
  sources = await mkdtemp(join(data, 'readme-'))
  folder = await mkdtemp(join(tmpdir(), 'flujo-readme-'))
})
afterAll(() => Promise.all([rm(folder, { recursive: true }), rm(sources, { recursive: true })]))

describe('the examples of the READMEs', () => {
  it('are found', () => {
    expect(examples.map(({ name }) => name)).toContain('README.md 1')
  })

  it.each(examples)('$name', { timeout: 120_000 }, async ({ name, code, prints }) => {
    const path = join(sources, `${name.replace(/\W+/g, '-')}.mts`)
    await writeFile(path, code)
    const { stdout } = await promisify(execFile)(process.execPath, [SOME_RULES, bundle(path)], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
      maxBuffer: 64 * 1024 * 1024,
    })
    const lines = stdout.split('\n')
    for (const expected of prints) expect(lines).toContain(expected)
    expect(lines).not.toContain('# pass 0')
  })
})

describe('the harnesses of conformance/README.md', async () => {
  const command = join(root, 'conformance/src/cli/bin.ts')
  const text = await readFile(join(root, 'conformance/README.md'), 'utf8')
  const harnesses = [...text.matchAll(/^```js\n\/\/ harness\.js\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)
  // The first backend keeps nothing; the second keeps a folder.
  const backends = [
    "InMemoryBackend as MyBackend } from '@flujo-state/memory'",
    "FileBackend as MyBackend } from '@flujo-state/file'",
  ]
  const verdicts = [/^ok: 1 pass, \d+ not-run$/m, /^ok: \d+ pass$/m]

  it.each(backends)('work with %s', { timeout: 120_000 }, async (backend) => {
    const index = backends.indexOf(backend)
    expect(harnesses).toHaveLength(backends.length)
    const own = await mkdtemp(join(sources, 'harness-'))
    await writeFile(join(own, 'package.json'), '{ "type": "module" }')
    await writeFile(join(own, 'my-backend.js'), `export { ${backend}\n`)
    await writeFile(join(own, 'harness.js'), harnesses[index] ?? '')
    const args = [
      '--import',
      tsx,
      command,
      './harness.js',
      '--only',
      'STA-01,DUR-01,DUR-08,SHD-04,CON-05',
      '--no-time-zones',
    ]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: own }).catch((error) => error)
    expect(stdout).toMatch(verdicts[index] ?? '')
  })
})

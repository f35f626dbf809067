import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startUnbundled } from './support/process.js'
import { temporaryFolder } from './support/temporary.js'

async function errorOf(what: string): Promise<{ code: string; message: string }> {
  const program = startUnbundled('without-driver.ts', what)
  return JSON.parse(await program.next())
}

/** A copy of better-sqlite3 whose native binary is what `binary` says; null: it has none. */
function copyOfDriver(binary: string | null): string {
  const require = createRequire(import.meta.url)
  const folder = join(temporaryFolder(), 'node_modules', 'better-sqlite3')
  const installed = dirname(require.resolve('better-sqlite3/package.json'))
  cpSync(join(installed, 'lib'), join(folder, 'lib'), { recursive: true })
  cpSync(join(installed, 'package.json'), join(folder, 'package.json'))
  for (const name of ['bindings', 'file-uri-to-path']) {
    const main = require.resolve(`${name}/package.json`, {
      paths: [installed, dirname(require.resolve('bindings/package.json', { paths: [installed] }))],
    })
    cpSync(dirname(main), join(folder, 'node_modules', name), { recursive: true })
  }
  if (binary !== null) {
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true })
    writeFileSync(join(folder, 'build', 'Release', 'better_sqlite3.node'), binary)
  }
  return folder
}

describe('a driver that does not load', () => {
  it('because it is not installed: the error has the command', async () => {
    const { code, message } = await errorOf('missing')
    expect(code).toBe('DRIVER')
    for (const command of ['npm install better-sqlite3@12', 'pnpm add', 'yarn add better-sqlite3@12'])
      expect(message).toContain(command)
  })

  it.each([
    ['was never built', null],
    ['is not for this machine', 'no binary at all'],
  ])('because its binary %s: the error has the command', async (_what, binary) => {
    const { code, message } = await errorOf(copyOfDriver(binary))
    expect(code).toBe('DRIVER')
    for (const words of [
      'npm rebuild better-sqlite3',
      '&& pnpm rebuild better-sqlite3',
      'yarn rebuild',
      process.version,
    ])
      expect(message).toContain(words)
  })
})

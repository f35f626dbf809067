/**
 * Programs in TypeScript that tests start as processes, each as one file of JavaScript: a start takes a tenth of a second.
 * Through a loader of TypeScript it takes a second.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bundled = new Map<string, string>()

/** The path of the program as JavaScript, with all that it imports. */
export function bundle(program: string | URL): string {
  const path = `${program}`.startsWith('file:') ? fileURLToPath(program) : `${program}`
  const known = bundled.get(path) ?? write(path)
  bundled.set(path, known)
  return known
}

/** How a child process of the conformance suite opens what the harness of this module opens. */
export function bundledSpawn(harness: string | URL, exportName: string) {
  return {
    exportName,
    get module() {
      return bundle(harness)
    },
    /** The child's program stands before the one it would have been, in TypeScript. */
    get execArgv() {
      return [bundle(new URL('./conformance/src/child/main.ts', import.meta.url))]
    },
  }
}

function write(path: string): string {
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild')
  // Native code stays where it is, wherever the program is written.
  const native = createRequire(new URL('./packages/sqlite/package.json', import.meta.url)).resolve('better-sqlite3')
  const { outputFiles } = buildSync({
    entryPoints: [path],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'error',
    alias: { 'better-sqlite3': native },
    external: [native],
    // For packages in CommonJS.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  })
  const text = outputFiles[0]?.contents as Uint8Array
  // Beside the program: its packages are found from there.
  const folder = join(packageOf(path), 'node_modules/.cache/flujo-state')
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16)
  const file = join(folder, `${basename(path, '.ts')}-${name}.mjs`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  // Several test files do this at once: a rename never shows half a file.
  writeFileSync(`${file}.${process.pid}`, text)
  renameSync(`${file}.${process.pid}`, file)
  return file
}

function packageOf(path: string): string {
  const folder = dirname(path)
  return existsSync(join(folder, 'package.json')) ? folder : packageOf(folder)
}

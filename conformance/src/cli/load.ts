import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Harness } from '../harness.js'
import { problemsOf } from './check-harness.js'
import { Problem, stackOf } from './problem.js'
import { COMMAND } from './usage.js'

/** The harnesses that a module exports. @throws {Problem} that says what to do */
export async function loadHarnesses(file: string): Promise<readonly Harness[]> {
  const path = resolve(file)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile())
    throw new Problem(
      found ? `${path} is no file: name the module that exports the harness` : `there is no file ${path}`,
    )
  const exported = exportOf(await importModule(path, file))
  if (exported === undefined) throw new Problem(`${file} exports no harness: ${EXPECTED}`)
  const harnesses: readonly unknown[] = Array.isArray(exported) ? exported : [exported]
  if (harnesses.length === 0) throw new Problem(`${file} exports an empty array: there is nothing to test`)
  return harnesses.map((harness, index) => checked(harness, harnesses.length > 1 ? `${file} [${index}]` : file))
}

const EXPECTED = 'expected `export default { name, create }`, or the same as `export const harness`'

function checked(value: unknown, where: string): Harness {
  if (typeof value !== 'object' || value === null)
    throw new Problem(`${where} exports ${value === null ? 'null' : `a ${typeof value}`}: ${EXPECTED}`)
  const problems = problemsOf(value)
  if (problems.length > 0) throw new Problem(`${where} exports no valid harness: ${problems.join('; ')}`)
  return value as Harness
}

async function importModule(path: string, file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    const help = isTypeScript(path) && isOfLoading(error)
    // Of a syntax error a program is not told the place; whoever starts Node is.
    const where = error instanceof SyntaxError ? `\n(\`node ${file}\` shows where)` : ''
    throw new Problem(help ? typeScriptHelp(file, error) : `${file} cannot be loaded: ${stackOf(error)}${where}`)
  }
}

const isTypeScript = (path: string) => ['.ts', '.mts', '.cts', '.tsx'].includes(extname(path))

/** What Node says when it cannot read a module's types, or when a `./x.js` in it is a `./x.ts`. */
const OF_LOADING = [
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
]

const isOfLoading = (error: unknown) =>
  error instanceof SyntaxError ||
  (error instanceof Error && 'code' in error && OF_LOADING.some((code) => code === error.code))

function typeScriptHelp(file: string, error: unknown): string {
  return [
    `this Node (${process.version}) cannot load ${file}: ${error instanceof Error ? error.message : String(error)}`,
    'Install a loader for TypeScript and name it:',
    '  npm install --save-dev tsx',
    `  ${COMMAND} --import tsx ${file}`,
  ].join('\n')
}

/** The default export, else `harness`; what CommonJS exports is the default, or in it. */
function exportOf(module: unknown): unknown {
  const { default: byDefault, harness } = module as Readonly<Record<string, unknown>>
  if (harness !== undefined && (byDefault === undefined || !isHarness(byDefault))) return harness
  if (typeof byDefault !== 'object' || byDefault === null) return byDefault
  const { default: inner, harness: innerHarness } = byDefault as Readonly<Record<string, unknown>>
  return isHarness(byDefault) ? byDefault : (inner ?? innerHarness ?? byDefault)
}

const isHarness = (value: unknown) =>
  Array.isArray(value) || (typeof value === 'object' && value !== null && ('create' in value || 'name' in value))

/** The packages as users have them: compiled, in a `node_modules`, run by plain Node. */
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGES = ['core', 'sqlite']
const SCRIPTS = ['ours', 'control', 'task']

/** Lays everything for cold starts into `folder`, and gives the paths of the two scripts. */
export async function install(folder: string): Promise<{ readonly ours: string; readonly control: string }> {
  const modules = join(folder, 'node_modules')
  // It takes a second to load: only where it is needed.
  const { default: ts } = await import('typescript')
  for (const name of PACKAGES) installPackage(ts, name, modules)
  for (const script of SCRIPTS) compile(ts, here(`./${script}.ts`), join(folder, `${script}.js`))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  return { ours: join(folder, 'ours.js'), control: join(folder, 'control.js') }
}

function installPackage(ts: Compiler, name: string, modules: string): void {
  const source = realpathSync(here(`../../node_modules/@flujo-state/${name}`))
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const target = join(modules, '@flujo-state', name)
  mkdirSync(target, { recursive: true })
  const { publishConfig, dependencies, sideEffects } = manifest
  const installed = { name: manifest.name, type: manifest.type, sideEffects, exports: publishConfig.exports }
  writeFileSync(join(target, 'package.json'), JSON.stringify(installed))
  for (const file of readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.ts')) compile(ts, join(source, 'src', file), join(target, 'dist', file.replace(/\.ts$/, '.js')))
  for (const dependency of Object.keys(dependencies).filter((each) => !each.startsWith('@flujo-state/')))
    link(join(source, 'node_modules', dependency), join(modules, dependency))
}

type Compiler = typeof import('typescript')

function compile(ts: Compiler, source: string, target: string): void {
  const { ES2022, ESNext } = { ES2022: ts.ScriptTarget.ES2022, ESNext: ts.ModuleKind.ESNext }
  const compilerOptions = { target: ES2022, module: ESNext, verbatimModuleSyntax: true }
  const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions, fileName: source })
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, outputText)
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(realpathSync(from), to)
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

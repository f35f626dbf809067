// What no linter knows: the size of source files, traces of one machine, what a package must ship, links that lead nowhere.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './setup.mjs'
import { workspacePackages } from './workspace.mjs'

const LINES_WANTED = 250
const LINES_ALLOWED = 300
const problems = []

// Also files not added yet: the mistake should show before the commit.
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)))
const read = (file) => readFileSync(join(root, file), 'utf8')

for (const file of files) {
  const text = read(file)
  if (/^(packages\/[^/]+|conformance)\/src\/.*\.ts$/.test(file)) checkLength(file, text)
  if (!text.includes('\0')) checkMachineTraces(file, text)
  if (/^(README|docs\/.*|(packages\/[^/]+|[^/]+)\/README)\.md$/.test(file)) checkLinks(file, text)
}
workspacePackages().forEach(checkPackage)
checkPnpmVersion()

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`Checked ${files.length} files: no file too long, no trace of one machine, no dead link.`)

function checkLength(file, text) {
  const lines = text.split('\n').length - 1
  if (lines > LINES_ALLOWED)
    problems.push(`${file}: ${lines} lines, more than ${LINES_ALLOWED}; it wants to be two files`)
  else if (lines > LINES_WANTED) console.warn(`${file}: ${lines} lines (about ${LINES_WANTED} is the aim)`)
}

/** A path or a registry of one machine works on no other. The classes in brackets keep this file from finding itself. */
function checkMachineTraces(file, text) {
  const trace =
    /(?<![\w.])[/](?:work|root|home|Users)[/][\w.-]+|registry[.](?:npmjs|yarnpkg)[.]\w+|[\w.-]+[/]-[/][\w.-]+[.]tgz/
  text.split('\n').forEach((line, index) => {
    const found = trace.exec(line)
    if (found !== null) problems.push(`${file}:${index + 1}: "${found[0]}" belongs to one machine`)
  })
}

function checkLinks(file, text) {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '')
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    const path = target.split('#')[0]
    if (path === '' || /^[a-z]+:/.test(path)) continue
    if (!existsSync(join(root, dirname(file), path))) problems.push(`${file}: the link "${target}" leads nowhere`)
  }
}

/** pnpm packs the LICENSE of the workspace into every package that has none of its own. */
function checkPackage({ folder, manifest }) {
  if (!existsSync(join(root, folder, 'README.md'))) problems.push(`${folder}: no README.md`)
  if (manifest.private) return
  for (const file of ['dist', 'README.md', 'LICENSE'])
    if (!manifest.files?.includes(file)) problems.push(`${folder}/package.json: "files" lacks "${file}"`)
  if (!existsSync(join(root, 'LICENSE'))) problems.push('no LICENSE')
}

/** The pnpm that installs (packageManager) and the one that then runs the scripts must be the same. */
function checkPnpmVersion() {
  const { packageManager, devDependencies } = JSON.parse(read('package.json'))
  if (packageManager !== `pnpm@${devDependencies.pnpm}`)
    problems.push(`package.json: packageManager is ${packageManager}, but pnpm is ${devDependencies.pnpm}`)
}

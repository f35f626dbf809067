// The packages of the workspace: where they lie and what their package.json says.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { root } from './setup.mjs'

export function workspacePackages() {
  const folders = [
    ...readdirSync(`${root}packages`).map((name) => `packages/${name}`),
    'conformance',
    'benchmarks',
    'examples',
    'examples/redis-backend',
  ]
  return folders
    .filter((folder) => existsSync(`${root}${folder}/package.json`))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8')) }))
}

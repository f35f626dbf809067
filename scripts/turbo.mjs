// Runs turbo: `node scripts/turbo.mjs run build`. The one place that switches off its telemetry and finds it a pnpm.
import { spawn } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './setup.mjs'

export function turbo(args) {
  const env = {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    // turbo runs every task by `pnpm run`; the pnpm of the workspace is there after the install, a global one may not be.
    PATH: `${root}node_modules/.bin${delimiter}${process.env.PATH}`,
    // Part of turbo's cache key, so that a pass on one version of Node is not taken for a pass on another.
    FLUJO_NODE: process.version,
  }
  const child = spawn(process.execPath, [`${root}node_modules/turbo/bin/turbo`, ...args], {
    cwd: root,
    env,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await turbo(process.argv.slice(2))

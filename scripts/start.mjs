// `npm start`: all set-up, then the main example.
import { spawn } from 'node:child_process'
import { root, setup } from './setup.mjs'

await setup()
const args = ['--import', 'tsx', 'src/main.ts', ...process.argv.slice(2)]
const child = spawn(process.execPath, args, { cwd: `${root}examples`, stdio: 'inherit' })
// The example decides what a signal means; this process only waits for it. (Ctrl-C reaches both by itself.)
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('close', (code) => {
  process.exitCode = code ?? 1
})

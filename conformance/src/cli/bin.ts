#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { printable } from '../printable.js'
import { Live, TIDY_MS } from './live.js'
import { main } from './main.js'
import { EXIT } from './problem.js'

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

const live = new Live()
let interrupted = false
let ended = false

function leave(code: number): never {
  ended = true
  process.exit(code)
}

async function stop(code: number): Promise<never> {
  // Asked twice: at once.
  if (interrupted) leave(code)
  interrupted = true
  await live.end(TIDY_MS)
  leave(code)
}

function fault(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`A fault outside of every rule: ${printable(text)}\n`)
  void stop(EXIT.internal)
}

const args = process.argv.slice(2)
for (const signal of SIGNALS) process.on(signal, () => void stop(128 + constants.signals[signal]))
process.on('uncaughtException', fault)
process.on('exit', (code) => {
  if (ended) return
  writeSync(process.stderr.fd, `This process was ended in the middle of the run, with exit code ${code}\n`)
  // A backend that ends its process must not look like one that passes.
  process.exitCode = EXIT.internal
})
// Nobody reads on: what is left to do is done all the same, and the exit code is right.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  const { stdout, stderr, env } = process
  const code = await main(args, { stdout, stderr, env, program: fileURLToPath(import.meta.url) }, live)
  // What has been written is out first. A backend may have left something running: nobody waits for that.
  await new Promise((resolve) => process.stdout.write('', resolve))
  if (!interrupted) leave(code)
} catch (error) {
  fault(error)
}

#!/usr/bin/env node
import { constants } from 'node:os'
import { printable } from '../printable.js'
import { Live } from './live.js'
import { main } from './main.js'
import { EXIT } from './problem.js'

const TIDY_MS = 10_000
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

const live = new Live()
let interrupted = false

async function stop(code: number): Promise<never> {
  // Asked twice: at once.
  if (interrupted) process.exit(code)
  interrupted = true
  await live.end(TIDY_MS)
  process.exit(code)
}

function fault(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`A fault outside of every rule: ${printable(text)}\n`)
  void stop(EXIT.internal)
}

const args = process.argv.slice(2)
for (const signal of SIGNALS) process.on(signal, () => void stop(128 + constants.signals[signal]))
process.on('uncaughtException', fault)
// Nobody reads on: what is left to do is done all the same, and the exit code is right.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  const code = await main(args, { stdout: process.stdout, stderr: process.stderr, env: process.env }, live)
  // What has been written is out first. A backend may have left something running: nobody waits for that.
  await new Promise((resolve) => process.stdout.write('', resolve))
  if (!interrupted) process.exit(code)
} catch (error) {
  fault(error)
}

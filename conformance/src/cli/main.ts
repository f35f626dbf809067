import { CONTRACT_VERSION } from '@flujo-state/core'
import { SUITE_VERSION } from '../make-report.js'
import { printable } from '../printable.js'
import { runWithImports } from './again.js'
import { serveJob } from './job.js'
import type { Live } from './live.js'
import { type Options, parseOptions } from './options.js'
import type { Io } from './output.js'
import { EXIT, Problem } from './problem.js'
import { explainText, listText } from './rules.js'
import { runSuite } from './run-suite.js'
import { runSelfTest } from './self-test.js'
import { COMMAND, USAGE } from './usage.js'

/** The command: gives the exit code, and throws nothing that the caller could have avoided. */
export async function main(args: readonly string[], io: Io, live: Live): Promise<number> {
  try {
    const options = optionsOf(args)
    if (options.imports.length > 0) return await runWithImports(io.program, options.imports, args, live)
    return await act(options, io, live)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    io.stderr.write(`${printable(error.message)}\n`)
    return EXIT.invalid
  }
}

function optionsOf(args: readonly string[]): Options {
  try {
    return parseOptions(args)
  } catch (error) {
    throw error instanceof Problem ? new Problem(`${error.message}\n(${COMMAND} --help)`) : error
  }
}

async function act(options: Options, io: Io, live: Live): Promise<number> {
  switch (options.action) {
    case 'help':
      io.stdout.write(USAGE)
      return EXIT.reached
    case 'version':
      io.stdout.write(`@flujo-state/conformance ${SUITE_VERSION}, contract ${CONTRACT_VERSION}\n`)
      return EXIT.reached
    case 'list':
      io.stdout.write(listText(options.only))
      return EXIT.reached
    case 'explain':
      io.stdout.write(await explainText(options.explain))
      return EXIT.reached
    case 'self-test':
      return runSelfTest(options, io)
    case 'job':
      return serveJob(options.harness ?? '', live)
    case 'run':
      return runSuite(options.harness ?? '', options, io, live)
  }
}

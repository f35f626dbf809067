export const COMMAND = 'npx @flujo-state/conformance'

export const USAGE = `Runs the conformance suite of flujo-state against a backend.

Usage: ${COMMAND} [options] HARNESS

HARNESS is a module that exports a harness, or an array of them, as default or as \`harness\`:

  import { MyBackend } from './my-backend.js'
  export default { name: 'my backend', create: ({ clock }) => new MyBackend({ clock }) }

What is run
  --only NAMES        areas, rules or cases, separated by commas (STA,VAL-09); may come several times
  --level LEVEL       core, admin or full: what has to be reached for exit code 0 [full]
  --seed N            of the random runs; \`fresh\` picks one [fixed]
  --start TIME        where the rules' clock starts, as an ISO time
  --long              repeats more often what goes wrong only now and then
  --bail              ends after the first failure
  --jobs N            how many processes run cases at the same time; 1: this one does, but for time zones
                      [as many as there are processors, at most 4; 1 for a few cases]
  --no-time-zones     leaves out the runs in other time zones
  --import MODULE     loads it into Node first, such as \`tsx\` for a harness in TypeScript

What is told (to standard output without a FILE; the readable report goes to standard error then)
  --json [FILE]       everything, as JSON
  --junit [FILE]      JUnit's XML, for CI
  --markdown [FILE]   a table for a README
  --badge [FILE]      a badge, as SVG
  --slow              the ten slowest cases too

Instead of running a harness
  --list              lists the rules (those of --only), and those that were withdrawn
  --explain NAMES     says what a rule asks, what it needs, and which broken backends it catches
  --self-test         tries the suite on broken backends: each must be caught
  --help, --version

Exit codes
  0  the level is reached
  1  a rule failed (with --self-test: a broken backend was not caught)
  2  the harness or the command line is wrong
  3  nothing failed, but the level is not reached: rules were not run, or are expected to fail
  4  a fault of the suite itself

Examples
  ${COMMAND} ./harness.js
  ${COMMAND} --import tsx ./harness.ts --json report.json --badge badge.svg
  ${COMMAND} ./harness.js --only DUR,CON-04 --seed 42
  ${COMMAND} --explain STA-07
`

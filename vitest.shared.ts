import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * The one vitest configuration; every package's vitest.config.ts re-exports it, or `isolated`.
 *
 * `vitest run` takes `test/**\/*.test.ts`. `vitest run --mode long` takes `test/**\/*.long.ts`: many kills, fresh seeds,
 * soaks. Both leave their counts in `.test-results/`, where scripts/test.mjs adds them up.
 */
const configure = ({ isolate }: { isolate: boolean }) =>
  defineConfig(({ mode }) => {
    const long = mode === 'long'
    return {
      test: {
        include: [long ? 'test/**/*.long.ts' : 'test/**/*.test.ts'],
        setupFiles: [fileURLToPath(new URL('./vitest.setup.ts', import.meta.url))],
        isolate,
        testTimeout: long ? 600_000 : 30_000,
        hookTimeout: 30_000,
        reporters: ['default', 'json'],
        outputFile: { json: `.test-results/${long ? 'test-long' : 'test'}.json` },
      },
    }
  })

/** To load everything anew for each file takes longer than most tests. */
export default configure({ isolate: false })
/** Where tests put other modules in the place of some. */
export const isolated = configure({ isolate: true })

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * The one vitest configuration; every package's vitest.config.ts re-exports it.
 *
 * `vitest run` takes `test/**\/*.test.ts`. `vitest run --mode long` takes `test/**\/*.long.ts`: many kills, fresh seeds,
 * soaks. Both leave their counts in `.test-results/`, where scripts/test.mjs adds them up.
 */
export default defineConfig(({ mode }) => {
  const long = mode === 'long'
  return {
    test: {
      include: [long ? 'test/**/*.long.ts' : 'test/**/*.test.ts'],
      setupFiles: [fileURLToPath(new URL('./vitest.setup.ts', import.meta.url))],
      testTimeout: long ? 600_000 : 30_000,
      hookTimeout: 30_000,
      reporters: ['default', 'json'],
      outputFile: { json: `.test-results/${long ? 'test-long' : 'test'}.json` },
    },
  }
})

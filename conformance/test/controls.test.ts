import { expect, test } from 'vitest'
import { SURVEY } from '../src/broken/trial.js'
import { controls } from '../src/controls/index.js'
import { isBad } from '../src/report.js'
import { runCase } from '../src/run.js'

test.each(controls)('$name, which is right in another way, fails no rule', { timeout: 60_000 }, async (harness) => {
  const alarms: string[] = []
  for (const each of SURVEY) {
    const result = await runCase(each, harness)
    if (isBad(result)) alarms.push(`${result.id} (${result.cause}): ${result.message}`)
  }
  expect(alarms).toEqual([])
})

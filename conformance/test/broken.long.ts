import { expect, test } from 'vitest'
import { brokenBackends } from '../src/broken/index.js'
import { allowedFor, failuresOf, inMemory, SURVEY } from '../src/broken/trial.js'
import { selfTest } from '../src/self-test.js'

test.each(brokenBackends.filter((each) => !inMemory(each)))(
  '$name: $wrong: is caught by $breaks',
  { timeout: 600_000 },
  async ({ name }) => {
    const { escaped, falseAlarms } = await selfTest({ only: name })
    expect([...escaped, ...falseAlarms]).toEqual([])
  },
)

// All rules on all of them take ten minutes: each run takes a third of them, FLUJO_SURVEY=all all.
const third = Math.floor(Math.random() * 3)
const surveyed = brokenBackends
  .filter(inMemory)
  .filter((_, index) => process.env.FLUJO_SURVEY === 'all' || index % 3 === third)

test.each(surveyed)(
  '$name fails no rule that it may not',
  { timeout: 600_000 },
  async ({ harness, breaks, mayAlsoBreak }) => {
    const failures = await failuresOf(harness, SURVEY)
    const more = [...failures.values()].filter(({ rule }) => !allowedFor({ breaks, mayAlsoBreak })(rule))
    expect(more.map(({ id, cause, message }) => `${id} (${cause}): ${message}`)).toEqual([])
  },
)

import { describe, it } from 'vitest'
import { checkHistories } from './support/histories.js'

describe('any history of deaths, pauses, failures and stops', () => {
  it('ends in the same result, with each finished step executed once', () => checkHistories(3_000))
})

/** A process can die in any step and at any of its writes: all of them, several times, on each store that survives it. */
import { describe, it } from 'vitest'
import { killAtWrite, killInStep, WRITES } from './support/kills.js'

const ROUNDS = 2
const writes = Array.from({ length: WRITES }, (_, index) => index + 1)

describe.each(['files', 'SQLite'] as const)('a worker on %s', (kind) => {
  it.each(writes)('killed at write %i loses nothing', async (write) => {
    for (let round = 0; round < ROUNDS; round++) await killAtWrite(kind, write)
  })

  it.each(['a', 'b', 'c'])('killed in the middle of step %s runs that step again, and no other', async (name) => {
    for (let round = 0; round < ROUNDS; round++) await killInStep(kind, name)
  })
})

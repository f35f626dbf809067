import { describe, it } from 'vitest'
import { survivesKills } from './support/kills.js'

const KILLS = 100

describe.each(['full', 'normal'] as const)('kill -9 under durability %s', (durability) => {
  it(`loses nothing in ${KILLS} kills`, async () => {
    const delays = Array.from({ length: KILLS }, () => Math.random() * 150)
    await survivesKills(durability, delays)
  })
})

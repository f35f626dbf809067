import { it } from 'vitest'
import { emptyStore, raceOfBreakers } from './support/locks.js'

it('eight processes that find a dead chain four hundred times let one of them have it at a time', () =>
  raceOfBreakers(emptyStore(), 8, 400))

import { it } from 'vitest'
import { temporaryFolder } from './support/folder.js'
import { killAgainAndAgain } from './support/kill.js'
import { emptyStore, raceOfBreakers } from './support/locks.js'

it('a process that is killed sixty times loses nothing that it acknowledged', async () => {
  await killAgainAndAgain(temporaryFolder(), 60)
})

it('eight processes that find a dead chain four hundred times let one of them have it at a time', () =>
  raceOfBreakers(emptyStore(), 8, 400))

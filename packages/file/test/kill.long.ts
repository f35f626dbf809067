import { it } from 'vitest'
import { temporaryFolder } from './support/folder.js'
import { killAgainAndAgain } from './support/kill.js'

it('a process that is killed sixty times loses nothing that it acknowledged', async () => {
  await killAgainAndAgain(temporaryFolder(), 60)
})

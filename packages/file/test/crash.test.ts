import { it } from 'vitest'
import { temporaryFolder } from './support/folder.js'
import { killAgainAndAgain } from './support/kill.js'

it('a process that is killed loses nothing that it acknowledged, and harms nobody', async () => {
  await killAgainAndAgain(temporaryFolder(), 5)
}, 60_000)

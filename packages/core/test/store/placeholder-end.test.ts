import { expect, it } from 'vitest'
import { createStateBackend } from '../../src/index.js'
import { MapStore } from '../support/map-store.js'

it('starting a placeholder that has ended without a time of its end does not invent one', async () => {
  const backend = createStateBackend(new MapStore())
  await backend.saveRunEnd('a', { status: 'failed', endedAt: null })
  await backend.saveRunStart({ runId: 'a' })
  expect(await backend.getRunDetails('a')).toMatchObject({ status: 'failed', endedAt: null, placeholder: false })
})

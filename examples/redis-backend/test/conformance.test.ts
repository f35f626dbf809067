import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { afterAll, describe, it } from 'vitest'
import { bundledSpawn } from '../../../bundle.shared.js'
import { close, harness } from './support/harness.js'
import { noServer } from './support/server.js'

// A server takes its time: what core alone looks at, and all that is not here, is asked in conformance.long.ts.
const only = [
  'STA',
  'LST',
  'PAG',
  'STT',
  'CLN',
  'RUN',
  'STP',
  'SPN',
  'EVL',
  'CLM',
  'LSE',
  'VER',
  'ATM',
  'CUR',
  'SHD',
  'DUR',
]
only.push('MIG', 'CON', 'EXT', 'MDL-01', 'MDL-04')

// Children start faster than through a loader of TypeScript: the long form takes that way.
const spawn = { ...harness?.spawn, ...bundledSpawn(new URL('./support/open.ts', import.meta.url), 'open') }

if (harness === null) describe.skip('redis', () => it(`is not tested: ${noServer()}`, () => {}))
else describeStateBackend({ ...harness, spawn }, { only })
afterAll(close)

import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { afterAll, describe, it } from 'vitest'
import { bundledSpawn } from '../../../bundle.shared.js'
import { close, harness } from './support/harness.js'
import { noServer } from './support/server.js'

// A server takes its time: values, identifiers and bad input, which core alone looks at, are asked in conformance.long.ts.
const only = [
  'GEN',
  'STA',
  'ISO',
  'LST',
  'PAG',
  'STT',
  'CLN',
  'FLD',
  'BGT',
  'EVL',
  'RUN',
  'ONE',
  'PLH',
  'STP',
  'TRC',
  'SPN',
]
only.push('CLM', 'LSE', 'VER', 'ATM', 'CUR', 'SHD', 'DUR', 'MIG', 'CON', 'EXT', 'MDL', 'IDS-01', 'VAL-01')

// Children start faster than through a loader of TypeScript: the long form takes that way.
const spawn = { ...harness?.spawn, ...bundledSpawn(new URL('./support/open.ts', import.meta.url), 'open') }

if (harness === null) describe.skip('redis', () => it(`is not tested: ${noServer()}`, () => {}))
else describeStateBackend({ ...harness, spawn }, { only })
afterAll(close)

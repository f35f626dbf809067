import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { afterAll, describe, it } from 'vitest'
import { close, harness } from './support/harness.js'
import { noServer } from './support/server.js'

if (harness === null) describe.skip('redis', () => it(`is not tested: ${noServer()}`, () => {}))
else describeStateBackend(harness)
afterAll(close)

import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { inFull, inMemory, inNormal } from './support/harness.js'

// All forms run the same statements on the same tables. One of them is asked everything here; the others where it matters how
// durable and how shared the database is. conformance.long.ts asks all of them everything.
const only = ['GEN-09', 'STA', 'CAP', 'SHD', 'DUR', 'MIG', 'CON', 'ATM', 'MDL']

describeStateBackend(inFull)
for (const harness of [inMemory, inNormal]) describeStateBackend(harness, { only })

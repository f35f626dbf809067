import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { inFull, inMemory, inNormal } from './support/harness.js'

// All forms run the same statements on the same tables. One of them is asked everything here; the others where it matters how
// durable and how shared the database is: to a killed process both durabilities are the same. conformance.long.ts asks all of them
// everything.
const only = ['GEN-09', 'STA', 'CAP', 'SHD', 'DUR-01', 'DUR-05', 'DUR-08', 'MIG', 'CON-50', 'ATM', 'MDL-01', 'MDL-04']

describeStateBackend(inFull)
for (const harness of [inMemory, inNormal]) describeStateBackend(harness, { only })

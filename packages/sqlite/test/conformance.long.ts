import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { inFull, inMemory, inNormal } from './support/harness.js'

// What goes wrong only now and then: kills, stops, and writers in several processes. A failure says its seed.
const seed = Math.floor(Math.random() * 2 ** 31)
const only = ['DUR', 'EXT', 'MIG', 'CON-13', 'CON-50', 'CON-51']
// To a killed process both durabilities are the same: they differ when the power fails.
describeStateBackend(inFull, { only, thoroughness: 'long', seed })

// What the short form leaves out.
for (const harness of [inMemory, inNormal]) describeStateBackend(harness)

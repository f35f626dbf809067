import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { harness } from './support/harness.js'

// What goes wrong only now and then: kills, stops, and writers in several processes. A failure says its seed.
const seed = Math.floor(Math.random() * 2 ** 31)
describeStateBackend(harness, { only: ['DUR', 'EXT', 'MIG', 'CON-13', 'CON-50', 'CON-51'], thoroughness: 'long', seed })

import type { Harness } from '@flujo-state/conformance'
import { InMemoryBackend } from '../../src/index.js'

const IN_MEMORY = 'what this backend holds ends with it, and no other instance can see it'

export const harness: Harness = {
  name: 'memory',
  create: ({ clock }) => new InMemoryBackend({ clock }),
  without: {
    reopen: IN_MEMORY,
    second: IN_MEMORY,
    spawn: IN_MEMORY,
    storage: 'it has no files',
    faults: 'it has no lock that others could hold and no disk that could fail',
  },
}

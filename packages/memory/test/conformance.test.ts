import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { InMemoryBackend } from '../src/index.js'

// No reopen and no second instance: what this backend holds ends with it, and nobody else can see it.
describeStateBackend({
  name: 'memory',
  create: ({ clock }) => new InMemoryBackend({ clock }),
})

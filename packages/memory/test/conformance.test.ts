import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { InMemoryBackend } from '@flujo-state/memory'

describeStateBackend({ name: 'memory', create: ({ clock }) => new InMemoryBackend({ clock }) })

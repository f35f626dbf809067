export * from '@flujo-state/core'
export { InMemoryBackend, type InMemoryBackendOptions } from './backend.js'

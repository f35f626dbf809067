export * from '@flujo-state/core'
export { FileBackend, type FileBackendOptions } from './backend.js'

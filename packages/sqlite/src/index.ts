export * from '@flujo-state/core'
export { SQLiteBackend } from './backend.js'
export type { BetterSqlite3Database, Durability, MigrateMode, SQLiteBackendOptions } from './options.js'
export { printMigrations } from './print-migrations.js'

import { migrations } from './migrations/index.js'
import { entryOf, LEDGER_SQL, ledgerEntrySql } from './queries/ledger.js'

/** All migrations as one SQL script, for those who apply them with tools of their own and open with `migrate: 'verify'`. */
export function printMigrations(): string {
  const scripts = migrations.map((migration) => {
    const { number, name, sql } = migration
    return `-- ${String(number).padStart(4, '0')} ${name}\n${sql.trim()}\n\n${ledgerEntrySql(entryOf(migration))};\n`
  })
  return `begin immediate;\n\n${LEDGER_SQL};\n\n${scripts.join('\n')}\ncommit;\n`
}

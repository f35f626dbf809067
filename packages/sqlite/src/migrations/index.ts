import { sql as initial } from './0001_initial.js'

export interface Migration {
  /** 1, 2, 3 … without a gap. */
  readonly number: number
  readonly name: string
  /** Statements, each ended by a semicolon. */
  readonly sql: string
}

export const migrations: readonly Migration[] = [{ number: 1, name: 'initial', sql: initial }]

import { file, memory, sqliteFull, sqliteNormal } from '../subjects/place.js'
import type { Bound } from './bound.js'
import { unchanging } from './disk.js'
import { growths } from './growth.js'
import { holds } from './hold.js'
import { wal } from './wal.js'

/** Everything that is held against a limit of its own, in the order of the table. */
export const bounds: readonly Bound[] = [
  ...unchanging([file, sqliteNormal]),
  wal(sqliteNormal),
  ...holds([memory, file, sqliteFull]),
  ...growths([memory, file, sqliteNormal]),
]

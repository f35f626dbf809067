import type { BrokenBackend } from './broken-backend.js'
import { brokenFileStore } from './broken-file.js'

export const brokenByDamage: readonly BrokenBackend[] = [
  brokenFileStore('torn-as-null', 'damaged tables are empty ones', ['DUR-08', 'DUR-32']),
  brokenFileStore('damage-filled-in', 'what cannot be read any more is filled in', ['DUR-08', 'DUR-32', 'DUR-35']),
  brokenFileStore('one-damaged-all-refused', 'damage to the file of a run makes all others unreadable', ['DUR-33']),
  brokenFileStore('damaged-moved-aside', 'a damaged file is moved away', ['DUR-08']),
  brokenFileStore('damage-is-io', 'a damaged file is called unreadable, not damaged', ['DUR-08']),
  brokenFileStore('rebuilt-when-opened', 'a damaged file is replaced by an empty one', ['DUR-08']),
  brokenFileStore('reads-are-counted', 'a read writes', ['DUR-34', 'DUR-31[loadState]']),
  brokenFileStore('path-join', 'files are named by ids as they are', ['IDS-06']),
]

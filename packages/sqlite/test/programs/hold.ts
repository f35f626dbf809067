// Takes the write lock of the database at argv[2], says so, and gives it back after argv[3] milliseconds.
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'

const [, , path = '', milliseconds = ''] = process.argv
const handle = new Database(path)
handle.exec('begin immediate')
console.log('held')
await sleep(Number(milliseconds))
handle.exec('rollback')
handle.close()

/** Who holds a lock or has a store open: an instance in a process on a host, told apart from a later process of the same id. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface Identity {
  readonly token: string
  readonly pid: number
  readonly host: string
  /** When the process began, as its system tells; '' where it does not. */
  readonly started: string
}

let own: string | undefined
/** When this process began. */
function ownStart(): string {
  own ??= startOf(process.pid)
  return own
}

export function newIdentity(): Identity {
  return { token: randomUUID().slice(0, 13), pid: process.pid, host: hostname(), started: ownStart() }
}

export function parseIdentity(text: string): Identity | null {
  try {
    const { token, pid, host, started } = JSON.parse(text) as Identity
    return typeof token === 'string' && Number.isInteger(pid) && typeof host === 'string' && typeof started === 'string'
      ? { token, pid, host, started }
      : null
  } catch {
    return null
  }
}

/** 'dead' only if it is certain: a frozen process is alive, and of another host nothing can be known. */
export function livenessOf({ pid, host, started }: Identity): 'alive' | 'dead' | 'unknown' {
  if (host !== hostname()) return 'unknown'
  if (pid === process.pid && started === ownStart()) return 'alive'
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'dead' : 'alive'
  }
  const startedNow = startOf(pid)
  // Both must be known: the processes of other users may be hidden.
  return started !== '' && startedNow !== '' && startedNow !== started ? 'dead' : 'alive'
}

/** Linux: clock ticks since boot, the 22nd field of `/proc/<pid>/stat`, behind the name in brackets; with the boot's id. */
function startOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    // A zombie is dead: it only waits for its parent to look.
    if (fields[0] === 'Z') return 'ended'
    return `${fields[19]}@${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`
  } catch {
    return ''
  }
}

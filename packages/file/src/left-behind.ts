/**
 * Locks and user files that the disk did not let go of when their instance was done with them. This process lives on, so nobody else
 * may take them away: its other instances do, as soon as it can be done.
 */
import { readFileSync, unlinkSync } from 'node:fs'
import { isMissing } from './errors.js'
import { parseIdentity } from './process-identity.js'

/** Path to the token of whose it is. */
const left = new Map<string, string>()

export function leaveBehind(path: string, token: string): void {
  left.set(path, token)
}

/** It is in use again. */
export function takeBack(path: string): void {
  left.delete(path)
}

export function removeLeftBehind(): void {
  for (const [path, token] of left) {
    try {
      if (parseIdentity(readFileSync(path, 'utf8'))?.token === token) unlinkSync(path)
      left.delete(path)
    } catch (error) {
      if (isMissing(error)) left.delete(path)
    }
  }
}

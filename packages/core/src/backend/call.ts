import type { ObserverEvent } from './observer.js'

/** One call of a method: what its observer is told; counted whether or not there is one. */
export class Call {
  rows = 0
  bytes = 0
  readonly name: ObserverEvent['name']
  readonly runId: string | null
  readonly countBytes: boolean
  readonly begin: number
  readonly waitsBefore: number

  constructor(name: ObserverEvent['name'], runId: string | null, observed: boolean, waitsBefore: number) {
    this.name = name
    this.runId = runId
    this.countBytes = observed
    this.begin = observed ? performance.now() : 0
    this.waitsBefore = waitsBefore
  }
}

import type { FaultKind, Faults } from '@flujo-state/conformance'
import type { RedisClient } from '../../src/redis.js'

/** What Redis answers then, word for word; what the client says when the connection is gone. */
const ERRORS: Readonly<Record<FaultKind, string>> = {
  busy: 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  full: "OOM command not allowed when used memory > 'maxmemory'.",
  readonly: "READONLY You can't write against a read only replica.",
  io: 'Socket closed unexpectedly',
}

/** A connection to a server that fails as a real one does: every command, or (full, readonly) every one that writes. */
export class FaultyClient implements RedisClient, Faults {
  readonly kinds: readonly FaultKind[] = ['busy', 'full', 'io', 'readonly']
  readonly #client: RedisClient
  #fault: { readonly kind: FaultKind; after: number } | null = null

  constructor(client: RedisClient) {
    this.#client = client
  }

  failNext(kind: FaultKind, after = 0): void {
    this.#fault = { kind, after }
  }
  clear(): void {
    this.#fault = null
  }

  async sendCommand(words: string[]): Promise<unknown> {
    const fault = this.#fault
    if (fault === null) return this.#client.sendCommand(words)
    const isConcerned = fault.kind === 'busy' || fault.kind === 'io' || writes(words)
    if (!isConcerned || fault.after-- > 0) return this.#client.sendCommand(words)
    // Of a connection that breaks the first command still arrives: only its answer is lost.
    if (fault.kind === 'io' && fault.after === -1) await this.#client.sendCommand(words)
    throw new Error(ERRORS[fault.kind])
  }
}

/** A commit writes once it knows the digest of what it has read. */
const writes = ([, script, , digest]: string[]) => script?.includes('digest') === true && digest !== ''

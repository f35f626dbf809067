/** Backends that are right in another way than the reference: the suite must find nothing wrong with them. */
import {
  CAPABILITY_GROUPS,
  type CommitUnit,
  type Decide,
  defineCapabilities,
  type StateBackend,
} from '@flujo-state/core'
import type { Harness } from '../harness.js'
import { referenceHarness } from '../reference.js'
import { ReferenceStore, type Tables } from '../reference-store.js'
import { EventLogStore } from './event-log.js'

/** Commits come some turns of the event loop after they were asked for. */
class Slow extends ReferenceStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
    return super.commit(units, decide)
  }
}

/** Writes of one turn of the event loop share a commit. */
class Batching extends ReferenceStore {
  override readonly groupsCommits = true
}

/** All there is is one text, as in a store of documents. */
class JsonText extends ReferenceStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const outcomes = await super.commit(units, decide)
    Object.assign(this.tables, JSON.parse(JSON.stringify(this.tables)) as Tables)
    return outcomes
  }
}

/** Snapshots are all that it has. */
class Minimal extends ReferenceStore {
  override readonly capabilities = defineCapabilities({
    persistence: 'crash',
    multiInstance: 'process',
    missing: CAPABILITY_GROUPS.filter((group) => group !== 'states'),
  })
}

/** A backend with methods of its own beside those of the contract. */
function withMore(): Harness {
  const reference = referenceHarness('extra-methods')
  const add = async (backend: StateBackend | Promise<StateBackend>) =>
    Object.assign(await backend, { vacuum: async () => {}, url: 'memory:' })
  return {
    ...reference,
    create: (env) => add(reference.create(env)),
    reopen: (env) => add(reference.create(env)),
    second: (env) => add(reference.create(env)),
  }
}

const over = (name: string, Store: new (tables: Tables) => ReferenceStore) =>
  referenceHarness(name, (tables) => new Store(tables))

/**
 * Not here: times as integers (the store's rows have no others), ids by their digest (the file backend's, which the suite runs
 * on), stricter durability (the reference store writes at once).
 */
export const controls: readonly Harness[] = [
  over('slow', Slow),
  over('batching', Batching),
  over('json-text', JsonText),
  over('minimal', Minimal),
  over('event-log', EventLogStore),
  withMore(),
]

/** Identifiers that are changed on their way to the storage, or that are taken for others. */
import type { StateBackend, StateQuery } from '@flujo-state/core'
import { METHODS } from '../fixtures/methods.js'
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

type AnyMethod = (...args: readonly unknown[]) => Promise<unknown>

/** Every id that is an argument of its own, or the `runId` of one, is changed first. */
function mapping(change: (id: string) => string) {
  return ({ backend }: { backend: StateBackend }): Partial<StateBackend> =>
    Object.fromEntries(
      METHODS.map(({ name }) => {
        const method = backend[name].bind(backend) as AnyMethod
        return [
          name,
          async (first: unknown, ...rest: unknown[]) =>
            method(changed(first, change), ...rest.map((each) => changed(each, change))),
        ]
      }),
    )
}

function changed(argument: unknown, change: (id: string) => string): unknown {
  if (typeof argument === 'string') return change(argument)
  if (typeof argument !== 'object' || argument === null) return argument
  if ('lease' in argument) return { ...argument, lease: changed(argument.lease, change) }
  return 'runId' in argument && typeof argument.runId === 'string'
    ? { ...argument, runId: change(argument.runId) }
    : argument
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

/** A filter on a name that takes more than that name. */
const filtering = (matches: (pattern: string, text: string) => boolean) =>
  class extends ReferenceStore {
    override async listStates({ pipelineId, limit = Number.POSITIVE_INFINITY, offset = 0, ...query }: StateQuery) {
      const rows = await super.listStates(query)
      const wanted = rows.filter((row) => pipelineId === undefined || matches(pipelineId, row.pipelineId))
      return wanted.slice(offset, offset + limit)
    }
  }

function like(pattern: string, text: string): boolean {
  const source = [...pattern]
    .map((c) => (c === '%' ? '.*' : c === '_' ? '.' : c.replace(/[.*+?^${}()|[\]\\]/u, '\\$&')))
    .join('')
  return new RegExp(`^${source}$`, 'su').test(text)
}

export const brokenIdentifiers: readonly BrokenBackend[] = [
  brokenBackend(
    'slash-to-underscore',
    'slashes in ids become underscores',
    ['IDS-01', 'IDS-04'],
    mapping((id) => id.replaceAll('/', '_')),
  ),
  brokenBackend(
    'case-fold',
    'ids are lower-cased',
    ['IDS-01', 'IDS-02'],
    mapping((id) => id.toLowerCase()),
  ),
  brokenBackend(
    'trimmed-ids',
    'ids are trimmed',
    ['IDS-01', 'IDS-04'],
    mapping((id) => id.trim() || id),
  ),
  brokenBackend(
    'nfc-ids',
    'ids are normalised',
    ['IDS-01', 'IDS-03'],
    mapping((id) => id.normalize('NFC')),
  ),
  brokenBackend(
    'nfkc-ids',
    'ids are folded',
    ['IDS-01', 'IDS-03'],
    mapping((id) => id.normalize('NFKC')),
  ),
  brokenBackend(
    'id-cut-255',
    'ids are cut at 255 units',
    ['IDS-01', 'IDS-05'],
    mapping((id) => id.slice(0, 255).toWellFormed()),
  ),
  brokenBackend('decoded-ids', 'percent sequences in ids are decoded', ['IDS-01', 'IDS-10'], mapping(decoded)),
  brokenBackend(
    'suffix-cut',
    'the suffix .json is cut off ids',
    ['IDS-12'],
    mapping((id) => (id.length > 5 && id.endsWith('.json') ? id.slice(0, -5) : id)),
  ),
  brokenBackend(
    'long-ids-cut',
    'ids that are too long are cut and taken',
    ['IDS-08', 'BAD-01[updateState]'],
    mapping((id) => (id.length > 512 ? id.slice(0, 512) : id)),
  ),
  brokenBackend(
    'controls-dropped',
    'control characters are taken out of ids',
    ['IDS-08', 'BAD-01[updateState]'],
    mapping((id) => id.replaceAll(/\p{Cc}/gu, '')),
  ),
  brokenBackend('plain-object-map', 'what every object has is found in an empty store', ['IDS-07'], ({ backend }) => ({
    getSystemState: async (key) => (await backend.getSystemState(key)) ?? Reflect.get({}, key) ?? null,
  })),
  brokenBackend('suffix-skipped', 'ids that end in .tmp are not listed', ['IDS-01', 'IDS-12'], ({ backend }) => ({
    listStates: async (filter) => (await backend.listStates(filter)).filter(({ runId }) => !runId.endsWith('.tmp')),
  })),
  brokenStore('like-filter', 'filters are patterns', ['IDS-09[pipelineId]', 'SEC-01'], filtering(like)),
  brokenStore(
    'prefix-filter',
    'filters match what begins with them',
    ['IDS-01[pipelineId]', 'LST-06'],
    filtering((pattern, text) => text.startsWith(pattern)),
  ),
  brokenStore(
    'filter-without-case',
    'filters fold case',
    ['IDS-02', 'LST-06'],
    filtering((pattern, text) => pattern.toLowerCase() === text.toLowerCase()),
  ),
  brokenStore(
    'quote-ends-filter',
    'a quote ends the filter, and the rest is taken for a condition',
    ['SEC-01'],
    filtering((pattern, text) => pattern === text || pattern.includes("' OR '")),
  ),
]

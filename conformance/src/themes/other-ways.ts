/** Texts and payloads by the ways into a store and out of it that are easily written a second time. */
import type { CapabilityGroup, StateBackend, StorableObject } from '@flujo-state/core'
import { createGenerators } from '../fixtures/generators.js'
import { RICH_VALUES, STORABLE_VALUES } from '../fixtures/values.js'
import { type Rule, ruleFor } from '../rule.js'

/** Saves the value and gives it as it comes back. */
interface Way<V> {
  readonly groups: readonly CapabilityGroup[]
  pass(backend: StateBackend, value: V): Promise<unknown>
}

const gen = createGenerators()
const task = { status: 'failed', isBackgroundTask: true } as const
const start = (b: StateBackend) => b.saveState('r', gen.state(task))
const state = async (b: StateBackend) => (await b.loadState('r')) ?? undefined

const TEXTS: Readonly<Record<string, Way<string>>> = {
  'errorMessage of saveState': {
    groups: ['states'],
    pass: async (b, errorMessage) => {
      await b.saveState('r', gen.state({ errorMessage }))
      return (await b.listWorkflows())[0]?.errorMessage
    },
  },
  'errorMessage of updateState': {
    groups: ['states'],
    pass: async (b, errorMessage) => {
      await start(b)
      await b.updateState('r', { errorMessage })
      return (await state(b))?.errorMessage
    },
  },
  'backgroundError of updateState': {
    groups: ['states'],
    pass: async (b, backgroundError) => {
      await start(b)
      await b.updateState('r', { backgroundError })
      return (await state(b))?.backgroundError
    },
  },
  'errorMessage of a state saved with a step': {
    groups: ['states', 'steps'],
    pass: async (b, errorMessage) => {
      await start(b)
      await b.saveStepResult(gen.step('r', 0), { state: { errorMessage } })
      return (await state(b))?.errorMessage
    },
  },
  'errorMessage of a state saved with an end': {
    groups: ['states', 'runs'],
    pass: async (b, errorMessage) => {
      await start(b)
      await b.saveRunEnd('r', {}, { state: { errorMessage } })
      return (await state(b))?.errorMessage
    },
  },
  'errorMessage of saveRunStart': {
    groups: ['runs'],
    pass: async (b, errorMessage) => {
      await b.saveRunStart({ runId: 'r', errorMessage })
      return (await b.listRuns())[0]?.errorMessage
    },
  },
  'errorMessage of a step': {
    groups: ['steps'],
    pass: async (b, errorMessage) => {
      await b.saveStepResult(gen.step('r', 0, { errorMessage }))
      return (await b.listRunSteps('r'))[0]?.errorMessage
    },
  },
}

const FREE_TEXTS: Readonly<Record<string, string>> = {
  'an empty text': '',
  'ends of lines and blanks': ' \ta\r\nb\rc\n ',
  'NUL and lone surrogates': 'a\u0000b\ud800c\udfff',
  'a byte order mark': '\ufeffa',
  'a composed and a decomposed letter': 'é e\u0301',
  'what looks like an escape': '\\u0000 \\ud800 "null"',
  'a long text': 'é'.repeat(70_000),
  null: 'null',
}

const PAYLOADS: Readonly<Record<string, Way<StorableObject>>> = {
  ...Object.fromEntries(
    (['pipelineContext', 'lastStepOutput', 'metadata'] as const).flatMap((field) => [
      [
        `${field} of updateState`,
        patched(['states'], (b, value) => b.updateState('r', { [field]: value }), field),
      ] as const,
      [
        `${field} of a state saved with a step`,
        patched(
          ['states', 'steps'],
          (b, value) => b.saveStepResult(gen.step('r', 0), { state: { [field]: value } }),
          field,
        ),
      ] as const,
      [
        `${field} of a state saved with an end`,
        patched(['states', 'runs'], (b, value) => b.saveRunEnd('r', {}, { state: { [field]: value } }), field),
      ] as const,
    ]),
  ),
  'a history given to updateState': history(['states'], (b, item) => b.updateState('r', { stepHistory: [item] })),
  'a history saved with a step': history(['states', 'steps'], (b, item) =>
    b.saveStepResult(gen.step('r', 0), { state: { appendStepHistory: [item] } }),
  ),
  'a history saved with an end': history(['states', 'runs'], (b, item) =>
    b.saveRunEnd('r', {}, { state: { appendStepHistory: [item] } }),
  ),
  'metadata of saveRunEnd': {
    groups: ['runs'],
    pass: async (b, metadata) => {
      await b.saveRunEnd('r', { metadata })
      return (await b.getRunDetails('r'))?.metadata
    },
  },
  'events of a child in a trace': {
    groups: ['traces'],
    pass: async (b, attributes) => {
      const child = gen.span('child', { events: [{ name: 'e', time: 1, attributes }] })
      await b.saveTrace('r', { ...gen.span('root'), children: [child] })
      return (await b.getTrace('r'))?.children[0]?.events[0]?.attributes
    },
  },
  'attributes of the root of a trace': {
    groups: ['traces'],
    pass: async (b, attributes) => {
      await b.saveTrace('r', gen.span('root', { attributes }))
      return (await b.getTrace('r'))?.attributes
    },
  },
  'metadata in listWorkflows': listed(['states'], async (b) => (await b.listWorkflows())[0]?.metadata),
  'metadata in getFailedWorkflows': listed(['states'], async (b) => (await b.getFailedWorkflows())[0]?.metadata),
  'metadata in listBackgroundTasks': listed(
    ['states', 'backgroundTasks'],
    async (b) => (await b.listBackgroundTasks())[0]?.metadata,
  ),
  'metadata in getFailedBackgroundTasks': listed(
    ['states', 'backgroundTasks'],
    async (b) => (await b.getFailedBackgroundTasks())[0]?.metadata,
  ),
  'metadata in listRuns': {
    groups: ['runs'],
    pass: async (b, metadata) => {
      await b.saveRunStart({ runId: 'r', metadata })
      return (await b.listRuns())[0]?.metadata
    },
  },
}

type Save = (backend: StateBackend, value: StorableObject) => Promise<unknown>

function patched(
  groups: readonly CapabilityGroup[],
  save: Save,
  field: 'pipelineContext' | 'lastStepOutput' | 'metadata',
): Way<StorableObject> {
  return {
    groups,
    pass: async (b, value) => {
      await start(b)
      await save(b, value)
      return (await state(b))?.[field]
    },
  }
}

function history(groups: readonly CapabilityGroup[], save: Save): Way<StorableObject> {
  return {
    groups,
    pass: async (b, value) => {
      await start(b)
      await save(b, value)
      return (await state(b))?.stepHistory[0]
    },
  }
}

function listed(
  groups: readonly CapabilityGroup[],
  read: (backend: StateBackend) => Promise<unknown>,
): Way<StorableObject> {
  return {
    groups,
    pass: async (b, metadata) => {
      await b.saveState('r', gen.state({ ...task, metadata }))
      return read(b)
    },
  }
}

const variantRequires = ({ groups }: Way<never>) => groups
// One object of everything: which value it was is in the path of the difference.
const everything = () =>
  Object.fromEntries(Object.entries({ ...STORABLE_VALUES, ...RICH_VALUES }).map(([name, make]) => [name, make()]))

export const otherWayRules: readonly Rule[] = [
  ruleFor(
    'VAL-19',
    'Payloads given in a patch, with a step or an end, or read in a list, come back with all their types.',
    { variantRequires },
    PAYLOADS,
    async (t, { pass }) => {
      t.assert.equal(await pass(t.backend, everything() as StorableObject), everything())
    },
  ),

  ruleFor(
    'VAL-20',
    'Free text comes back unit for unit by every way in.',
    { variantRequires },
    TEXTS,
    async (t, { pass }) => {
      for (const [name, text] of Object.entries(FREE_TEXTS)) t.assert.equal(await pass(t.backend, text), text, name)
    },
  ),
]

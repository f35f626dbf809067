import type { RuleContext } from '../context.js'
import { EASILY_CONFUSED } from '../fixtures/confusable-ids.js'
import { IDENTIFIERS, type Identifier } from '../fixtures/identifiers.js'
import { METHODS } from '../fixtures/methods.js'
import { type Rule, rule, ruleFor } from '../rule.js'

/** Writes a record under each id at once, and shows that each is its own. */
async function keptApart(t: RuleContext, kind: Identifier, ids: readonly string[]): Promise<void> {
  const numbers = [ids.map((_, index) => index), ids.map((_, index) => 1_000 - index)]
  for (const round of numbers) {
    await Promise.all(ids.map((id, index) => kind.write(t.backend, id, round[index] as number)))
    for (const [index, id] of ids.entries())
      t.assert.equal(await kind.read(t.backend, id), { id, n: round[index] }, `under ${JSON.stringify(id)}`)
  }
  if (kind.list)
    t.assert.equal((await kind.list(t.backend)).sort(), [...ids].sort(), 'the identifiers as they are listed')
}

const perKind = { variantRequires: ({ groups }: Identifier) => groups }

/** Methods whose first argument is an id, and the name of that argument. */
const TAKES_ID: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...[
      'saveState',
      'updateState',
      'loadState',
      'deleteState',
      'saveRunEnd',
      'getRunDetails',
      'deleteRun',
      'listRunSteps',
    ],
    ...['saveTrace', 'saveSpans', 'getTrace', 'getSpans', 'persistEvaluation', 'claimRun', 'getLease'],
  ]
    .map((name) => [name, 'runId'])
    .concat([
      ['setSystemState', 'key'],
      ['getSystemState', 'key'],
    ]),
)

export const identifierRules: readonly Rule[] = [
  ruleFor(
    'IDS-01',
    'Every valid identifier works wherever one is taken, and comes back unchanged.',
    { ...perKind, timeoutMs: 20_000 },
    IDENTIFIERS,
    async (t, kind) => {
      await keptApart(t, kind, t.gen.ids)
    },
  ),

  ...Object.entries(EASILY_CONFUSED).map(([id, { statement, ids }]) =>
    ruleFor(id, statement, perKind, IDENTIFIERS, (t, kind) => keptApart(t, kind, ids)),
  ),

  ruleFor(
    'IDS-07',
    "Names of JavaScript's own are ordinary identifiers: nothing is there before they are written.",
    perKind,
    IDENTIFIERS,
    async (t, kind) => {
      const ids = [
        '__proto__',
        'constructor',
        'prototype',
        'hasOwnProperty',
        'toString',
        'valueOf',
        'then',
        'length',
        'toJSON',
        'undefined',
        'null',
      ]
      for (const id of ids) t.assert.equal(await kind.read(t.backend, id), null, `${id} in an empty store`)
      await keptApart(t, kind, ids)
    },
  ),

  ruleFor(
    'IDS-08',
    'What is no identifier is refused by every method that takes one, reads included.',
    { variantRequires: (name) => METHODS.filter((method) => method.name === name).map(({ group }) => group) },
    Object.fromEntries(Object.keys(TAKES_ID).map((name) => [name, name])),
    async (t, name) => {
      const method = METHODS.find((method) => method.name === name)
      const before = await t.dump()
      for (const [what, id] of Object.entries(t.gen.badIds))
        await t.assert.rejects(() => method?.call(t.backend, id as string), 'VALIDATION', {
          path: `$.${TAKES_ID[name]}`,
          what,
        })
      t.assert.equal(await t.dump(), before)
    },
  ),

  rule(
    'IDS-11',
    'Two identifiers that join to the same text stay apart.',
    { requires: ['steps', 'traces'] },
    async (t) => {
      const pairs = [
        ['a', 'b:c'],
        ['a:b', 'c'],
        ['a', 'b/c'],
        ['a/b', 'c'],
        ['a b', 'c'],
        ['a', 'b c'],
        ['1', '11'],
        ['11', '1'],
        ['a|b', 'c'],
        ['a', 'b|c'],
      ] as const
      for (const [runId, id] of pairs) {
        await t.backend.saveSpans(runId, [t.gen.span(id, { attributes: { of: [runId, id] } })])
        await t.backend.saveStepResult(t.gen.step(runId, 0, { executionId: id, output: [runId, id] }))
      }
      for (const [runId, id] of pairs) {
        const spans = (await t.backend.getSpans(runId)).filter(({ spanId }) => spanId === id)
        t.assert.equal(
          spans.map(({ attributes }) => attributes.of),
          [[runId, id]],
          `span ${runId} + ${id}`,
        )
        const steps = (await t.backend.listRunSteps(runId)).filter(({ executionId }) => executionId === id)
        t.assert.equal(
          steps.map(({ output }) => output),
          [[runId, id]],
          `step ${runId} + ${id}`,
        )
      }
    },
  ),
]

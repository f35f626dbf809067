import type { RuleContext } from '../context.js'
import { IDENTIFIERS, type Identifier } from '../fixtures/identifiers.js'
import { METHODS } from '../fixtures/methods.js'
import { type Rule, rule, ruleFor } from '../rule.js'

/** Pairs and more of ids that careless stores take for one. */
const EASILY_CONFUSED: Readonly<Record<string, { readonly statement: string; readonly ids: readonly string[] }>> = {
  'IDS-02': {
    statement: 'Identifiers that differ only in case are different.',
    ids: ['run', 'Run', 'RUN', 'rUN', 'é', 'É', 'я', 'Я', 'ﬁ', 'ﬀ', 'ǆ', 'ǅ'],
  },
  'IDS-03': {
    statement: 'Identifiers that differ only in normal form or folding are different.',
    ids: [
      '\u00e9',
      'e\u0301',
      '\u212a',
      'K',
      'k',
      'ß',
      'ss',
      'ẞ',
      '\u0130',
      'i\u0307',
      'i',
      'I',
      'ı',
      '\ufb01',
      'fi',
      '①',
      '1',
      'ａ',
      'a',
      '\u00c5',
      '\u212b',
      'A\u030a',
    ],
  },
  'IDS-04': {
    statement: 'Identifiers that differ only by blanks, dots or slashes at their ends are different.',
    ids: [
      'a',
      ' a',
      'a ',
      '  a',
      'a  ',
      '.a',
      'a.',
      'a..',
      '..a',
      '/a',
      'a/',
      'a//',
      '\\a',
      'a\\',
      './a',
      'a\u00a0',
      '\u200ba',
      '\ufeffa',
      'a\u2028',
    ],
  },
  'IDS-05': {
    statement: 'Two identifiers of the greatest length that differ in the last unit are different.',
    ids: [
      'x'.repeat(512),
      `${'x'.repeat(511)}y`,
      'x'.repeat(511),
      `${'é'.repeat(511)}e`,
      'é'.repeat(512),
      `${'😀'.repeat(255)}😁`,
      '😀'.repeat(256),
    ],
  },
  'IDS-09': {
    statement: 'Quotes, semicolons, wildcards, dollars and backslashes are letters like others.',
    ids: [
      "a'b",
      "a''b",
      'a"b',
      'a`b',
      'a;b',
      'a%b',
      'a_b',
      'axb',
      'axyb',
      '%',
      '_',
      '*',
      '?',
      'a*b',
      'a?b',
      '[a]',
      'a[b',
      'a\\b',
      'a\\\\b',
      '$a',
      '$1',
      '?1',
      ':a',
      '@a',
      'a--b',
    ],
  },
  'IDS-10': {
    statement: 'Encoded and raw forms are different.',
    ids: [
      'a b',
      'a%20b',
      'a+b',
      'a%2520b',
      'a/b',
      'a%2fb',
      'a%2Fb',
      '%',
      '%25',
      'a&b',
      'a&amp;b',
      '\\u0061',
      'a',
      '\u00e9',
      '%C3%A9',
      'Ã©',
      'x:61',
      '=61',
    ],
  },
  'IDS-12': {
    statement: "Device names, dot files and names with a store's own suffixes are identifiers like others.",
    ids: [
      'con',
      'CON',
      'con.txt',
      'nul',
      'NUL',
      'aux',
      'prn',
      'COM1',
      'com1',
      'LPT9',
      '.',
      '..',
      '.git',
      '.tmp',
      'a.json',
      'a.tmp',
      'a.lock',
      'a.log',
      'a-wal',
      'a-shm',
      'state.json',
      'log.jsonl',
      'index',
      'trash',
      'sqlite_master',
      'rowid',
    ],
  },
}

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
    { variantRequires: (name) => METHODS.filter((method) => method.name === name).flatMap(({ group }) => group ?? []) },
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

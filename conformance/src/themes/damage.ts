import { isStateBackendError, type StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { difference } from '../equality.js'
import { type Bytes, bytesOf, sameBytes, sameContent } from '../fixtures/raw-bytes.js'
import { READS, type Subject, saveSubject, subjectWrites } from '../fixtures/subjects.js'
import { settle } from '../fixtures/under-fault.js'
import { type Rule, rule, ruleFor } from '../rule.js'
import { show } from '../show.js'

const BLOCK = 4096
/** So many blocks of a large file are tried. */
const MOST_BLOCKS = 12

type Damage = (bytes: Uint8Array) => readonly Uint8Array[]

const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** Each time another block of the file is filled with 0xFF: the first, the last, and some between. */
function withoutABlock(bytes: Uint8Array): Uint8Array[] {
  const blocks = Math.ceil(bytes.length / BLOCK)
  const step = Math.max(1, (blocks - 1) / (MOST_BLOCKS - 1))
  const damaged: Uint8Array[] = []
  for (let block = 0; block < blocks; block += step) {
    const copy = new Uint8Array(bytes)
    const begin = Math.round(block) * BLOCK
    copy.fill(0xff, begin, begin + BLOCK)
    damaged.push(copy)
  }
  return damaged
}

const CUTS: Readonly<Record<string, Damage>> = {
  'cut in half': (bytes) => [bytes.slice(0, bytes.length >> 1)],
  emptied: () => [new Uint8Array()],
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a block overwritten': withoutABlock,
  'garbage appended': (bytes) => [
    joined(bytes, Uint8Array.of(0xff, 0, 0x7b, 0x22, 0xfe)),
    joined(bytes, Buffer.from('\ngarbage\n')),
  ],
}

const isDamage = (error: unknown) => isStateBackendError(error, 'CORRUPT', 'DESERIALIZATION')

const readsOf = (backend: StateBackend) => Object.values(READS).filter(({ group }) => backend.capabilities[group])

/** What each read of the subject gives, by name. */
async function answersOf(backend: StateBackend, subject: Subject): Promise<ReadonlyMap<string, unknown>> {
  const reads = Object.values(READS).filter(({ group }) => backend.capabilities[group])
  return new Map(await Promise.all(reads.map(async ({ name, call }) => [name, await call(backend, subject)] as const)))
}

/** Judges an answer: throws if it cannot be. */
type Judge = (name: string, value: unknown, what: string) => void

/** Every read is judged, or says that its data is damaged. True if any says so. */
async function readAll(
  t: RuleContext,
  backend: StateBackend,
  subject: Subject,
  judge: Judge,
  what: string,
): Promise<boolean> {
  let isRefused = false
  for (const { name, call } of readsOf(backend)) {
    const outcome = await settle(call(backend, subject))
    if (outcome.ok) judge(name, outcome.value, `${what}, ${name}`)
    else t.assert.ok(isDamage(outcome.error), `${what}, ${name}: expected CORRUPT, got ${show(outcome.error)}`)
    isRefused ||= !outcome.ok
  }
  return isRefused
}

/** Each file of the storage is damaged in turn and everything read; what was refused keeps its bytes. */
async function withEachFile(t: RuleContext, subject: Subject, damage: Damage, judge: Judge): Promise<void> {
  await t.backend.shutdown()
  const bytes = await bytesOf(t)
  for (const [name, content] of bytes)
    for (const [number, damaged] of damage(content).entries()) {
      const others = [...bytes.keys()].some((other) => other !== name && (bytes.get(other)?.length ?? 0) > 0)
      if (sameContent(damaged, content) || (damaged.length === 0 && !others)) continue
      await restore(t, bytes, [[name, damaged]])
      const backend = await t.reopen()
      const what = `'${name}' damaged (${number})`
      const isRefused = await readAll(t, backend, subject, judge, what)
      await settle(backend.shutdown())
      if (isRefused) t.assert.ok(sameContent(await t.storage.read(name), damaged), `${what}: its bytes were changed`)
    }
  await restore(t, bytes)
}

/** Puts bytes into the storage, which nobody has open. */
async function restore(t: RuleContext, bytes: Bytes, changed: readonly [string, Uint8Array][] = []): Promise<void> {
  for (const [name, content] of new Map([...bytes, ...changed])) await t.storage.write(name, content)
}

const OF_ONE_RUN = new Set(['loadState', 'getRunDetails', 'listRunSteps', 'getSpans', 'getTrace', 'getLease'])
/** They are about several records, of which each may be of another time. */
const STATISTICS = new Set(['getWorkflowStats', 'getSpanStatistics'])

/** The record, or each of the list, was read before. */
function wasSeen(
  t: RuleContext,
  seen: readonly ReadonlyMap<string, unknown>[],
  name: string,
  value: unknown,
  what: string,
): void {
  if (STATISTICS.has(name)) return
  const answers = seen.map((answers) => answers.get(name))
  const known = Array.isArray(value) ? answers.flat() : answers
  for (const record of Array.isArray(value) ? value : [value])
    t.assert.ok(
      known.some((each) => difference(record, each) === null),
      `${what}: it never was ${show(record)}`,
    )
}

const needs = ['storage', 'reopen'] as const

export const damageRules: readonly Rule[] = [
  ruleFor(
    'DUR-08',
    'Of a damaged file every read gives exactly what was stored or rejects with CORRUPT (or DESERIALIZATION), never null, a part or something else; a file that was refused keeps its bytes.',
    { needs, timeoutMs: 30_000 },
    DAMAGES,
    async (t, damage) => {
      const subject = await saveSubject(t.backend, t.clock, 'a')
      const expected = await answersOf(t.backend, subject)
      await withEachFile(t, subject, damage, (name, value, what) => t.assert.equal(value, expected.get(name), what))
      t.assert.equal(await answersOf(await t.reopen(), subject), expected, 'restored')
    },
  ),

  ruleFor(
    'DUR-35',
    'Of a file that lost its end (which is not told from a commit that never ended) each record is as it was after some commit, or refused with CORRUPT, and then the file keeps its bytes; never a part of a record; where no byte is left at all, the storage is an empty one.',
    { needs, timeoutMs: 30_000 },
    CUTS,
    async (t, damage) => {
      const subject: Subject = { runId: 'a', lease: null }
      const seen: ReadonlyMap<string, unknown>[] = [await answersOf(t.backend, subject)]
      for (const write of subjectWrites(t.backend, t.clock, subject.runId)) {
        await write()
        seen.push(await answersOf(t.backend, subject))
      }
      await withEachFile(t, subject, damage, (name, value, what) => wasSeen(t, seen, name, value, what))
      t.assert.equal(await answersOf(await t.reopen(), subject), seen.at(-1), 'restored')
    },
  ),

  rule(
    'DUR-33',
    'Where a run has files of its own, damage to them leaves all other runs readable.',
    { level: 'should', needs, requires: ['states'] },
    async (t) => {
      const other = await saveSubject(t.backend, t.clock, 'other')
      const all = await answersOf(t.backend, other)
      await t.backend.shutdown()
      const before = await bytesOf(t)
      const backend = await t.reopen()
      await backend.saveState('a', t.gen.fullState())
      await backend.shutdown()
      const after = await bytesOf(t)
      const own = [...after].filter(([name]) => !before.has(name))
      for (const [name, content] of own) {
        await restore(t, after, [[name, new Uint8Array(content.length).fill(0xff)]])
        const damaged = await t.reopen()
        const loaded = await settle(damaged.loadState('a'))
        t.assert.ok(!loaded.ok && isDamage(loaded.error), `the run itself, '${name}' damaged: ${show(loaded)}`)
        for (const { name: read, call } of readsOf(damaged).filter((each) => OF_ONE_RUN.has(each.name))) {
          const outcome = await settle(call(damaged, other))
          const what = `${read} of the other run, '${name}' damaged`
          if (outcome.ok) t.assert.equal(outcome.value, all.get(read), what)
          else t.assert.fail(`${what}: ${show(outcome.error)}`)
        }
        await settle(damaged.shutdown())
      }
      await restore(t, after)
      t.assert.equal(await (await t.reopen()).loadState('other'), all.get('loadState'), 'the other run')
    },
  ),

  rule('DUR-34', 'No read changes a byte of what is stored.', { needs }, async (t) => {
    const subject = await saveSubject(t.backend, t.clock, 'a')
    await t.backend.shutdown()
    const before = await bytesOf(t)
    const backend = await t.reopen()
    t.clock.advance(1_000)
    await answersOf(backend, subject)
    await answersOf(backend, { runId: 'nobody', lease: null })
    await backend.shutdown()
    await sameBytes(t, before, 'by reading')
  }),
]

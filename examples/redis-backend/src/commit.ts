/** The one door for writes: reads what decisions need, lets core decide, and writes if what was read is still so. */
import type { CommitUnit, Decide, RunImage, Write } from '@flujo-state/core'
import { applyWrite, emptyImage, headOf, StateBackendError, stepOf } from '@flujo-state/core'
import { evaluationAt, evaluationText, listed, placesOf } from './lists.js'
import { milliseconds, parse, type Redis } from './redis.js'

// Arguments: a digest, commands that read, commands that write. It writes if the answers of the first have this digest.
// Else it answers what there is now, and the digest of that. A script runs alone, so all this is of one moment.
const COMMIT = `local replies = {}
for i, command in ipairs(cjson.decode(ARGV[2])) do replies[i] = redis.call(unpack(command)) end
local digest = redis.sha1hex(cmsgpack.pack(replies))
if digest ~= ARGV[1] then return { digest, redis.call('TIME'), replies } end
for _, command in ipairs(cjson.decode(ARGV[3])) do redis.call(unpack(command)) end`
type Seen = readonly [digest: string, time: string[], replies: unknown[]]
type Command = readonly [name: string, key: string, ...words: string[]]

export async function commit(redis: Redis, units: readonly CommitUnit[], decide: Decide) {
  const counters: Command = ['HMGET', redis.key('counters'), 'version', 'fence', 'evaluation']
  const reads = JSON.stringify([counters, ...units.flatMap((unit) => readsFor(redis, unit))])
  const run = (digest: string, writes: readonly Command[]) =>
    redis.send<Seen | null>(['EVAL', COMMIT, '0', digest, reads, JSON.stringify(writes)], writes.length > 0)
  let seen = await run('', [])
  // Each time that others were faster they have written: somebody always gets on.
  for (let attempt = 0; seen !== null && attempt < 100; attempt++) {
    const { outcomes, writes } = decideAll(redis, units, decide, seen)
    seen = writes.length === 0 ? null : await run(seen[0], writes)
    if (seen === null) return outcomes
  }
  throw new StateBackendError('BUSY', 'others changed the same runs 100 times in a row; try again later')
}

/** What decisions need of a run. Its evaluations only to delete them, as they are in the list of all too. */
function readsFor(redis: Redis, unit: CommitUnit): Command[] {
  if (unit.runId === null) return []
  const range = unit.changes.some(({ kind }) => kind === 'delete-run') ? ['0', '-1'] : ['1', '0']
  return [
    ['HMGET', redis.key('run', unit.runId), 'state', 'run', 'lease'],
    ['LLEN', redis.key('history', unit.runId)],
    ['HGET', redis.key('steps', unit.runId), stepOf(unit) ?? ''],
    ['ZRANGE', redis.key('evaluations', unit.runId), ...range],
  ]
}

/** Images of the runs. What was not read (payloads, items of the history) is undefined in them. */
function imagesOf(units: readonly CommitUnit[], replies: unknown[]): Map<string, RunImage> {
  const images = new Map<string, RunImage>()
  for (const unit of units.filter(({ runId }) => runId !== null)) {
    const image = images.get(unit.runId ?? '') ?? emptyImage()
    const [rows, length, step, evaluations] = replies.splice(0, 4) as [string[], number, string | null, string[]]
    const [state = null, run = null, lease = null] = rows.map((row) => parse<null>(row))
    images.set(unit.runId ?? '', Object.assign(image, { state, run, lease, history: new Array(length) }))
    if (step !== null) image.steps.set(stepOf(unit) ?? '', parse(step))
    if (evaluations.length > 0) image.evaluations = evaluations.map(evaluationAt)
  }
  return images
}

function decideAll(redis: Redis, units: readonly CommitUnit[], decide: Decide, [, time, [numbers, ...replies]]: Seen) {
  const [version = 0, fence = 0, evaluation = 0] = (numbers as (string | null)[]).map(Number)
  const counters = { version, fence, evaluation }
  const images = imagesOf(units, replies)
  const before = factsOf(redis, images)
  const writes: Command[] = []
  const outcomes = units.map((unit) => {
    const image = images.get(unit.runId ?? '') ?? emptyImage()
    const decision = decide(unit, headOf(image, stepOf(unit), { ...counters }), milliseconds(time))
    for (const write of decision.writes) {
      applyWrite(image, write)
      if (write.kind === 'raise-counter') counters[write.counter] = write.to
      for (const command of commandsFor(redis, unit.runId ?? '', write)) writes.push(command)
    }
    return decision.outcome
  })
  const unlinked = new Set(writes.map(([name, key]) => name === 'UNLINK' && key))
  for (const [text, [, key]] of before) if (unlinked.has(key)) before.delete(text)
  const after = factsOf(redis, images)
  for (const [text, fact] of before) if (!after.has(text)) writes.push(undo(fact))
  const puts = [...after.values()].filter((fact) => !before.has(JSON.stringify(fact)))
  // A full server refuses a script only at its first write: that must be one that needs room, if there is one.
  return { outcomes, writes: [...puts.slice(0, 1), ...writes, ...puts] }
}

/** What is stored of the runs, as commands that store it, each under its text. What is undefined was not touched. */
function factsOf(redis: Redis, images: ReadonlyMap<string, RunImage>): Map<string, Command> {
  const facts = new Map<string, Command>()
  const add = (...fact: Command) => facts.set(JSON.stringify(fact), fact)
  for (const [runId, { state, run, lease, steps, spans, evaluations }] of images) {
    const addField = (kind: string, name: string, text: string | null | undefined) =>
      text === undefined || add('HSET', redis.key(kind, runId), name, text ?? '')
    const rows = { state: rowText(state), run: rowText(run), lease: rowText(lease), finalContext: run?.finalContext }
    for (const [name, text] of Object.entries(rows)) addField('run', name, text)
    for (const name of ['pipelineContext', 'lastStepOutput'] as const) addField('payloads', name, state?.[name])
    for (const [id, row] of spans) addField('spans', id, JSON.stringify(row))
    for (const [id, row] of steps) addField('steps', id, JSON.stringify(row))
    for (const id of steps.keys()) add('RPUSH', redis.key('stepOrder', runId), id)
    for (const [set, place] of state ? placesOf(redis, 'states', state) : []) add('ZADD', set, '0', place)
    for (const [set, place] of run ? placesOf(redis, 'runs', listed(run, state)) : []) add('ZADD', set, '0', place)
    for (const row of evaluations)
      for (const set of [redis.key('evaluations'), redis.key('evaluations', runId)])
        add('ZADD', set, '0', evaluationText(row.createdAt, row.sequence) + JSON.stringify(row))
  }
  return facts
}
const PAYLOADS = { pipelineContext: undefined, lastStepOutput: undefined, finalContext: undefined }
const rowText = (row: object | null) => (row === null ? undefined : JSON.stringify({ ...row, ...PAYLOADS }))
const undo = ([name, key, field = '', place = '']: Command): Command =>
  name === 'HSET' ? ['HDEL', key, field] : ['ZREM', key, place]

/** What a write does that is no fact of a run: keys go as a whole, items are added. */
function commandsFor(redis: Redis, runId: string, write: Write): Command[] {
  const unlink = (...kinds: string[]) => kinds.map((kind): Command => ['UNLINK', redis.key(kind, runId)])
  const push = (items: readonly string[]) => items.map((item): Command => ['RPUSH', redis.key('history', runId), item])
  if (write.kind === 'put-state') return [...unlink('history'), ...push(write.history)]
  if (write.kind === 'replace-history') return [...unlink('history'), ...push(write.items)]
  if (write.kind === 'append-history') return push(write.items)
  if (write.kind === 'delete-state') return unlink('history', 'payloads')
  if (write.kind === 'delete-spans') return unlink('spans')
  if (write.kind === 'delete-run') return unlink('run', 'history', 'payloads', 'steps', 'stepOrder', 'spans')
  if (write.kind === 'raise-counter') return [['HSET', redis.key('counters'), write.counter, String(write.to)]]
  if (write.kind !== 'put-system-state') return []
  return [['HSET', redis.key('system-state'), write.row.key, JSON.stringify(write.row)]]
}

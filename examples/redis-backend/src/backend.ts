import type { RunRow, RunSummaryRow, SpanRow, StateRow, StateStore, StateSummaryRow, StepRow } from '@flujo-state/core'
import { type BackendOptions, defineCapabilities, StateBackendError, StoreStateBackend } from '@flujo-state/core'
import { commit } from './commit.js'
import { evaluationAt, evaluationText, listed, listRows } from './lists.js'
import { milliseconds, parse, type Redis, type RedisClient, redisFor } from './redis.js'

export interface RedisBackendOptions extends BackendOptions {
  /** Begins every key, so that several stores can share a server: letters, digits and `._-{}`. `flujo` unless given. */
  readonly prefix?: string | undefined
}

/** Workflow state in Redis 6.2 or newer, shared by any number of processes and hosts. */
export class RedisBackend extends StoreStateBackend {
  /** Over a client that its owner connects and closes. @throws `VALIDATION` for options of the wrong kind */
  constructor(client: RedisClient, options: RedisBackendOptions = {}) {
    const { prefix = 'flujo', ...common } = options
    // No colon: it ends the prefix, so the keys of one store are never those of another.
    if (!/^[\w.{}-]+$/.test(prefix)) throw new StateBackendError('VALIDATION', 'prefix: letters, digits and ._-{} only')
    super(redisStore(redisFor(client, prefix)), common)
  }
}

/** Answers several commands, as of one moment: a script runs alone. */
const READ = `local replies = {}
for i, command in ipairs(cjson.decode(ARGV[1])) do replies[i] = redis.call(unpack(command)) end
return replies`
/** All that core asks of a store: rows as they were given, lists of them, and the one door for writes. */
function redisStore(redis: Redis): StateStore {
  const readAll = (...commands: string[][]) => redis.send<string[][]>(['EVAL', READ, '0', JSON.stringify(commands)])
  return {
    capabilities: defineCapabilities({ persistence: 'crash', multiInstance: 'network' }),
    groupsCommits: true,
    open: () => redis.send(['PING']),
    close: () => {},
    now: async () => milliseconds(await redis.send(['TIME'])),
    commit: (units, decide) => commit(redis, units, decide),
    async readState(runId) {
      const [row = [], [pipelineContext = '', lastStepOutput = ''] = [], history = []] = await readAll(
        ['HMGET', redis.key('run', runId), 'state'],
        ['HMGET', redis.key('payloads', runId), 'pipelineContext', 'lastStepOutput'],
        ['LRANGE', redis.key('history', runId), '0', '-1'],
      )
      return row[0] ? { row: { ...parse<StateRow>(row[0]), pipelineContext, lastStepOutput }, history } : null
    },
    async readRun(runId) {
      const fields = ['run', 'state', 'finalContext']
      const [run, state, finalContext] = await redis.send<string[]>(['HMGET', redis.key('run', runId), ...fields])
      return run ? { ...listed(parse<RunRow>(run), parse(state)), finalContext: finalContext || null } : null
    },
    async readSteps(runId) {
      const order = ['LRANGE', redis.key('stepOrder', runId), '0', '-1']
      const [ids = [], rows = []] = await readAll(order, ['HVALS', redis.key('steps', runId)])
      const steps = new Map(rows.map(parse<StepRow>).map((row) => [row.executionId, row]))
      return ids.flatMap((id) => steps.get(id) ?? []).sort((a, b) => a.stepIndex - b.stepIndex)
    },
    readSpans: async (runId) => (await redis.send<string[]>(['HVALS', redis.key('spans', runId)])).map(parse<SpanRow>),
    readLease: async (runId) => parse(await redis.send(['HGET', redis.key('run', runId), 'lease'])),
    readSystemState: async (key) => parse(await redis.send(['HGET', redis.key('system-state'), key])),
    listStates: (query) => listRows(redis, 'states', query, ([state]) => parse<StateSummaryRow>(state)),
    listRuns: (query) =>
      listRows(redis, 'runs', query, ([run, state]) => listed(parse<RunSummaryRow>(run), parse(state))),
    async listEvaluations({ runId, after, limit = -1, offset = 0 }) {
      const set = runId === undefined ? redis.key('evaluations') : redis.key('evaluations', runId)
      const begin = after ? `(${evaluationText(after.time, after.sequence)}` : '+'
      const page = [begin, '-', 'BYLEX', 'REV', 'LIMIT', String(offset), String(limit)]
      return (await redis.send<string[]>(['ZRANGE', set, ...page])).map(evaluationAt)
    },
  }
}

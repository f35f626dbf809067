import type { Storable } from '@flujo-state/core'
import { SLOTS } from '../fixtures/slots.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const INJECTIONS = [
  "'; DROP TABLE workflow_state; --",
  "' OR '1'='1",
  '" OR ""="',
  "1; DELETE FROM runs WHERE 'a'='a",
  '%',
  '_',
  '*',
  '$ne',
  '{"$gt":""}',
  '[$regex]=.*',
  '../../etc/passwd',
  '..\\..\\windows',
  '`rm -rf /`',
  '$(touch pwned)',
  '#{7*7}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '%n%s%x',
  '\\',
  "\\'; --",
]

export const securityRules: readonly Rule[] = [
  rule(
    'SEC-01',
    'Injection strings are plain text in every parameter: they match only themselves and destroy nothing.',
    {
      requires: ['states', 'backgroundTasks', 'runs', 'steps', 'traces', 'evaluations', 'systemState', 'claims'],
    },
    async (t) => {
      const { backend, gen } = t
      await backend.saveState('witness', gen.fullState())
      await backend.saveRunStart(gen.run('witness run', { metadata: { key: 'value' } }))
      const before = await t.dump()
      for (const text of INJECTIONS) {
        await backend.saveState(
          text,
          gen.state({
            pipelineId: text,
            pipelineName: text,
            pipelineVersion: text,
            isBackgroundTask: true,
            parentRunId: text,
            taskId: text,
            errorMessage: text,
          }),
        )
        await backend.saveRunStart(gen.run(text, { pipelineName: text, metadata: { [text]: text } }))
        await backend.saveStepResult(gen.step(text, 0, { stepName: text, executionId: text, errorMessage: text }))
        await backend.saveSpans(text, [gen.span(text, { name: text, status: text })])
        await backend.persistEvaluation(text, { score: 1, feedback: text, stepName: text })
        await backend.setSystemState(text, { [text]: text })
        await backend.claimRun(text, { owner: text, leaseMs: 1_000 })
      }
      for (const text of INJECTIONS) {
        const idsOf = (items: readonly { readonly runId: string }[]) => items.map(({ runId }) => runId)
        t.assert.equal(idsOf(await backend.listWorkflows({ pipelineId: text })), [text], 'pipelineId')
        t.assert.equal(
          idsOf(await backend.listWorkflows({ pipelineName: text, pipelineVersion: text })),
          [text],
          'pipelineName, pipelineVersion',
        )
        t.assert.equal(idsOf(await backend.listBackgroundTasks({ parentRunId: text })), [text], 'parentRunId')
        t.assert.equal(idsOf(await backend.listRuns({ pipelineName: text })), [text], 'pipelineName of runs')
        t.assert.equal(idsOf(await backend.listEvaluations({ runId: text })), [text], 'runId of evaluations')
        t.assert.equal(
          (await backend.getSpans(text, { name: text, status: text })).length,
          1,
          'name and status of spans',
        )
        t.assert.equal(
          (await backend.getSpanStatistics({ pipelineName: text })).totalSpans,
          1,
          'pipelineName of span statistics',
        )
        await backend.deleteRun(text, { force: true })
      }
      const after = await t.dump()
      t.assert.equal({ ...after, systemStates: {} }, before, 'the rest of the store')
    },
  ),

  rule(
    'SEC-02',
    'Loading hostile data touches no prototype, calls nothing and builds nothing.',
    { requires: ['states', 'runs', 'systemState'] },
    async (t) => {
      const hostile = () =>
        JSON.parse(
          '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"a":{"__proto__":{"polluted":3}},"then":{"then":1}}',
        )
      await t.backend.saveState(
        'a',
        t.gen.state({
          pipelineContext: hostile(),
          metadata: hostile(),
          stepHistory: [hostile()],
          lastStepOutput: hostile(),
        }),
      )
      await t.backend.saveRunStart(t.gen.run('b', { metadata: hostile() }))
      await t.backend.setSystemState('c', hostile())
      const state = t.assert.present(await t.backend.loadState('a'), 'the snapshot')
      for (const value of [
        state.pipelineContext,
        state.metadata,
        state.stepHistory[0],
        state.lastStepOutput,
        (await t.backend.getSystemState('c'))?.value,
      ]) {
        t.assert.equal(value, hostile(), 'the value')
        t.assert.equal((value as { polluted?: unknown }).polluted, undefined, 'an inherited property')
      }
      t.assert.equal(
        (await t.backend.listRuns({ metadataFilter: hostile() })).map(({ runId }) => runId),
        ['b'],
        'found by its metadata',
      )
      t.assert.equal(
        (await t.backend.listRuns({ metadataFilter: JSON.parse('{"__proto__":{}}') })).map(({ runId }) => runId),
        ['b'],
        'own keys only',
      )
      t.assert.equal(({} as { polluted?: unknown }).polluted, undefined, 'Object.prototype')
    },
  ),

  ruleFor(
    'SEC-03',
    'The message of a refused payload does not show what else is in the payload.',
    { level: 'should', variantRequires: ({ group }) => [group] },
    SLOTS,
    async (t, slot) => {
      const payload = { password: 'hunter2', items: ['4111 1111 1111 1111'], bad: () => 'hunter2' }
      await slot.prepare?.(t.backend, 'a')
      const { message } = await t.assert.rejects(
        () => slot.write(t.backend, 'a', payload as unknown as Storable),
        'SERIALIZATION',
      )
      t.assert.ok(!/hunter2|4111/.test(message), `the message: ${message}`)
    },
  ),
]

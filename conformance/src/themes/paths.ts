import type { RuleContext } from '../context.js'
import { type Rule, rule } from '../rule.js'

/** What careless code would make paths of, beside the hostile ids of the suite. */
const PATHS = [
  ...['../a', '../a.json', '../secret.txt', '../../a', '..\\a', '../store/a', '../runs', './a', 'a/../../a'],
  ...['/tmp/a', 'C:\\a', '\\\\host\\share', 'file:///tmp/a', '%2e%2e%2fa', '..%2fa', '....//a', '~/a', '$HOME/a'],
]

const isPath = (id: string) => /[/\\:~%$.]/.test(id)

/** Whatever a method does with an id, for each of them. */
async function useAll(t: RuleContext, ids: readonly string[], what: 'read' | 'write' | 'delete'): Promise<void> {
  const { backend } = t
  const { capabilities: has } = backend
  const uses: Readonly<Record<typeof what, (id: string) => unknown[]>> = {
    read: (id: string) => [
      backend.loadState(id),
      has.runs && backend.getRunDetails(id),
      has.steps && backend.listRunSteps(id),
      has.traces && backend.getTrace(id),
      has.systemState && backend.getSystemState(id),
    ],
    write: (id: string) => [
      backend.saveState(id, t.gen.state({ pipelineName: id })),
      has.steps && backend.saveStepResult(t.gen.step(id, 0, { stepName: id, executionId: id })),
      has.traces && backend.saveSpans(id, [t.gen.span(id)]),
      has.systemState && backend.setSystemState(id, { id }),
      has.claims && backend.claimRun(id, { owner: id, leaseMs: 1_000 }),
    ],
    delete: (id: string) => [backend.deleteState(id), has.runs && backend.deleteRun(id, { force: true })],
  }
  await Promise.all(ids.flatMap(uses[what]))
}

export const pathRules: readonly Rule[] = [
  rule(
    'IDS-06',
    'Ids that look like paths make, read and remove nothing outside the storage, and no file is named by one as it is.',
    { needs: ['storage'], timeoutMs: 20_000 },
    async (t) => {
      const ids = [...new Set([...t.gen.ids.filter(isPath), ...PATHS])]
      const around = await t.storage.around?.()
      const same = async (what: string) =>
        t.assert.equal(await t.storage.around?.(), around, `what lies around the storage, after ${what}`)
      // First of ids that are not there: what lies around is there.
      await useAll(t, ids, 'read')
      await useAll(t, ids, 'delete')
      await same('reading and deleting')
      await useAll(t, ids, 'write')
      await same('writing')
      for (const id of ids)
        t.assert.equal((await t.backend.loadState(id))?.pipelineName, id, `what was saved under ${JSON.stringify(id)}`)
      const raw = ids.filter((id) => /[/\\]/.test(id) && id.length > 2)
      for (const name of await t.storage.list()) {
        t.assert.ok(!name.split(/[/\\]/).includes('..'), `'${name}' leads out of the storage`)
        for (const id of raw) t.assert.ok(!name.includes(id), `'${name}' has the id ${JSON.stringify(id)} in it`)
      }
      await useAll(t, ids, 'delete')
      await same('deleting')
    },
  ),
]

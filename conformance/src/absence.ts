import type { CapabilityGroup } from '@flujo-state/core'
import type { RuleContext } from './context.js'
import { METHODS } from './fixtures/methods.js'

/** What stands for a rule about methods that the backend declares missing: each refuses, and changes nothing. */
export async function checkAbsence(t: RuleContext, groups: readonly CapabilityGroup[]): Promise<void> {
  const before = await t.dump()
  for (const method of METHODS.filter(({ group }) => groups.includes(group)))
    await t.assert.rejects(() => method.call(t.backend), 'NOT_SUPPORTED', { what: `${method.name}, declared missing` })
  t.assert.equal(await t.dump(), before, 'the store after calls of missing methods')
}

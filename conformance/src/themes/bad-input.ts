import type { CapabilityGroup } from '@flujo-state/core'
import { type Argument, INPUTS } from '../fixtures/inputs.js'
import { METHODS } from '../fixtures/methods.js'
import { wrongs } from '../fixtures/shapes.js'
import { fewValues, fillWorld } from '../fixtures/world.js'
import { type Rule, ruleFor } from '../rule.js'

type Name = keyof typeof INPUTS

const methods = Object.fromEntries(Object.keys(INPUTS).map((name) => [name, name as Name]))

function groupsOf(name: Name): CapabilityGroup[] {
  return METHODS.filter((method) => method.name === name).map(({ group }) => group)
}

const validArguments = (name: Name) => (INPUTS[name] as readonly Argument[]).map(({ valid }) => valid())

export const badInputRules: readonly Rule[] = [
  ruleFor(
    'BAD-01',
    'Every argument and every field of the wrong type, missing, unknown, out of range or hostile is VALIDATION, names its path, and changes nothing.',
    { variantRequires: groupsOf, timeoutMs: 20_000 },
    methods,
    async (t, name) => {
      await fillWorld(t, t.backend, fewValues)
      const before = await t.dump(t.backend, ['plain'])
      const method = t.backend[name].bind(t.backend) as (...args: unknown[]) => Promise<unknown>
      for (const [index, { shape, path, valid }] of (INPUTS[name] as readonly Argument[]).entries())
        for (const wrong of wrongs(shape, valid(), path)) {
          const args = validArguments(name)
          args[index] = wrong.value
          await t.assert.rejects(() => method(...args), 'VALIDATION', {
            path: wrong.path,
            what: `${name}, ${wrong.what}`,
          })
        }
      t.assert.equal(await t.dump(t.backend, ['plain']), before)
    },
  ),

  ruleFor(
    'BAD-02',
    'A call without its arguments is VALIDATION, where one is needed.',
    { variantRequires: groupsOf },
    methods,
    async (t, name) => {
      const method = t.backend[name].bind(t.backend) as (...args: unknown[]) => Promise<unknown>
      const needed = (INPUTS[name] as readonly Argument[]).filter(({ shape }) => !shape.optional).length
      for (let given = 0; given < needed; given++)
        await t.assert.rejects(() => method(...validArguments(name).slice(0, given)), 'VALIDATION', {
          what: `${given} arguments`,
        })
      if (needed === 0) t.assert.ok((await method()) !== null, 'no argument is needed')
      t.assert.equal((await t.dump(t.backend, ['plain'])).runs, {})
    },
  ),
]

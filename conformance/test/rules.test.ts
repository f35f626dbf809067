import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { allRules } from '../src/rules.js'

it('every rule has an id of its own and says in one sentence what it asks', () => {
  const ids = allRules.map(({ id }) => id)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  for (const { id, statement } of allRules) expect(statement, id).toMatch(/^\S.*\S\.$/)
})

it('every file of rules is joined', () => {
  const source = (name: string) => fileURLToPath(new URL(`../src/${name}`, import.meta.url))
  const joined = readFileSync(source('rules.ts'), 'utf8')
  for (const folder of ['contract', 'themes'])
    for (const file of readdirSync(source(folder))) {
      const text = readFileSync(source(`${folder}/${file}`), 'utf8')
      for (const [, name] of text.matchAll(/export const (\w+): readonly Rule\[\]/g))
        expect(joined.match(new RegExp(`\\b${name}\\b`, 'g')) ?? [], `${name} of ${folder}/${file}`).toHaveLength(2)
    }
})

it('a rule with variants has some', () => {
  for (const { id, variants } of allRules) if (variants) expect(Object.keys(variants).length, id).toBeGreaterThan(0)
})

import { expect, it } from 'vitest'
import { type Change, stepOf } from '../../src/store/unit.js'
import { stepRow } from '../support/rows.js'

const unit = (...changes: Change[]) => ({ runId: 'r', conditions: [], changes, emptyObject: '{}' })

it('stepOf gives the execution id of the step that a unit saves, or null', () => {
  const save: Change = { kind: 'save-step', row: { ...stepRow({ executionId: 'x' }), createdAt: null } }
  const update: Change = { kind: 'update-state', set: {}, history: null, append: null }
  expect(stepOf(unit(save, update))).toBe('x')
  expect(stepOf(unit(update))).toBeNull()
  expect(stepOf(unit())).toBeNull()
})

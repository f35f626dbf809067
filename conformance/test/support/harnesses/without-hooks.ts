import { referenceHarness } from '../../../src/reference.js'

const { create } = referenceHarness()
export const harness = { name: 'without hooks', create, without: { second: 'one process owns it' } }

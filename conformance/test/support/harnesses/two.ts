import { referenceHarness } from '../../../src/reference.js'
import { harness as wrong } from './wrong.js'

export default [referenceHarness('the first'), wrong]

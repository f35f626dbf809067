import { referenceHarness } from '../../../src/reference.js'

export default referenceHarness('right')

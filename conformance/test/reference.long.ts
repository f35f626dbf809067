import { referenceHarness } from '../src/reference.js'
import { describeStateBackend } from '../src/vitest.js'

describeStateBackend(referenceHarness())

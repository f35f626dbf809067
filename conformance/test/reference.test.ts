import { referenceHarness } from '../src/reference.js'
import { describeStateBackend } from '../src/vitest.js'

// The first case of each rule is asked of the controls, which are made of this store. reference.long.ts asks everything.
describeStateBackend(referenceHarness(), { only: ['CAP', 'DUR', 'CON', 'MDL', 'CLM', 'LSE'] })

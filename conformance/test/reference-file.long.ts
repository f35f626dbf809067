import { referenceFileHarness } from '../src/reference-file-harness.js'
import { describeStateBackend } from '../src/vitest.js'

describeStateBackend(referenceFileHarness(), { only: ['CON', 'ATM', 'CAP', 'MDL', 'EXT', 'CLM', 'LSE', 'VER'] })

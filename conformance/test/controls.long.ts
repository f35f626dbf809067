import { controls } from '../src/controls/index.js'
import { describeStateBackend } from '../src/vitest.js'

for (const harness of controls) describeStateBackend(harness)

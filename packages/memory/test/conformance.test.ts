import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { harness } from './support/harness.js'

describeStateBackend(harness)

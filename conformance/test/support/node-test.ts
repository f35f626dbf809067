// What a third party writes for node:test; run by register.test.ts in a process of its own.
import { describe, it } from 'node:test'
import { register } from '../../src/index.js'
import { referenceHarness } from '../../src/reference.js'

const { reopen: _without, ...harness } = referenceHarness('node:test')
register({ describe, it }, harness, { only: ['CAP', 'DUR-01', 'STA-02'] })

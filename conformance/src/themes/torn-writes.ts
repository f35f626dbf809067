import { isStateBackendError } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { difference } from '../equality.js'
import { type Bytes, bytesOf, sameContent } from '../fixtures/raw-bytes.js'
import { saveSubject } from '../fixtures/subjects.js'
import { settle } from '../fixtures/under-fault.js'
import { type Rule, rule } from '../rule.js'
import { show } from '../show.js'

const SECTOR = 512
const MOST_CUTS = 40

interface Cut {
  readonly name: string
  readonly bytes: Uint8Array
  /** The file only grew: so what is cut off is a write that had not ended. */
  readonly isEnd: boolean
}

/** What a loss of power in the middle of the commit between `before` and `after` may have left of the files that it wrote. */
function cutsOf(before: Bytes, after: Bytes): Cut[] {
  return [...after].flatMap(([name, bytes]) => {
    const old = before.get(name)
    if (sameContent(old, bytes)) return []
    const isEnd = old !== undefined && sameContent(bytes.subarray(0, old.length), old)
    const from = isEnd ? old.length : 0
    const step = SECTOR * Math.ceil((bytes.length - from) / SECTOR / MOST_CUTS)
    const cuts: Cut[] = []
    for (let end = from; end < bytes.length; end += step) cuts.push({ name, bytes: bytes.slice(0, end), isEnd })
    return cuts
  })
}

async function writeAll(t: RuleContext, files: Bytes): Promise<void> {
  for (const [name, bytes] of files) await t.storage.write(name, bytes)
}

export const tornWriteRules: readonly Rule[] = [
  rule(
    'DUR-32',
    'A commit whose last bytes did not reach the disk is there wholly or not at all, wherever it was cut; a file that is not written at its end may also be refused as CORRUPT.',
    { needs: ['storage', 'reopen'], requires: ['steps'], timeoutMs: 30_000 },
    async (t) => {
      await saveSubject(t.backend, t.clock, 'a')
      const before = await t.dump()
      const old = await bytesOf(t)
      const output = { text: 'torn '.repeat(1_500) }
      const state = { appendStepHistory: [{ n: 9 }], pipelineContext: output }
      await t.backend.saveStepResult(t.gen.step('a', 7, { output }), { state })
      const after = await t.dump()
      const now = await bytesOf(t)
      await t.backend.shutdown()
      const cuts = cutsOf(old, now)
      t.assert.ok(cuts.length > 0, 'a commit changes the storage before it resolves')
      for (const { name, bytes, isEnd } of cuts) {
        await writeAll(t, new Map([...now, [name, bytes]]))
        const backend = await t.reopen()
        const what = `'${name}' cut at byte ${bytes.length}`
        const seen = await settle(t.dump(backend))
        if (seen.ok) t.assert.equal(seen.value, difference(seen.value, before) === null ? before : after, what)
        else {
          const isRefusal = !isEnd && isStateBackendError(seen.error, 'CORRUPT', 'DESERIALIZATION')
          t.assert.ok(isRefusal, `${what}: it cannot be read: ${show(seen.error)}`)
        }
        await settle(backend.shutdown())
      }
      await writeAll(t, now)
      t.assert.equal(await t.dump(await t.reopen()), after, 'nothing cut off')
    },
  ),
]

/** The walk through this backend shows its code as it is, and the code is as short as the walk says. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const SOURCES = ['../src/backend.ts', '../src/commit.ts', '../src/lists.ts', '../src/redis.ts']
const HARNESS = ['./conformance.long.ts', './support/harness.ts', './support/open.ts']
const sources = SOURCES.map(text)
const shown = [...sources, ...HARNESS.map(text)]
const blocks = [...text('../../../docs/write-a-backend.md').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(
  (match) => match[1] ?? '',
)

/** Without the indentation that all lines share: a block may be a part of something. */
function dedent(block: string): string {
  const indents = block
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.length - line.trimStart().length)
  return block.replaceAll(new RegExp(`^ {${Math.min(...indents)}}`, 'gm'), '')
}

describe('docs/write-a-backend.md', () => {
  it('shows code', () => expect(blocks.length).toBeGreaterThan(8))

  it.each(blocks.map((block) => [block.split('\n')[0], block]))('shows the source as it is: %s', (_, block) => {
    const lines = block.trimEnd().split('\n')
    const found = shown.some((source) => {
      const all = source.split('\n')
      return all.some((_, at) => {
        const part = all.slice(at, at + lines.length).join('\n')
        return part === lines.join('\n') || dedent(part) === dedent(lines.join('\n'))
      })
    })
    expect(found, block).toBe(true)
  })
})

it('takes at most 300 lines of 120 columns', () => {
  const lines = sources.flatMap((source) => source.trimEnd().split('\n'))
  expect(lines.length).toBeLessThanOrEqual(300)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120)
})

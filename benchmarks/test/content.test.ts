import { expect, test } from 'vitest'
import { Content } from '../src/content.js'

test('documents and snapshots are as large as asked', () => {
  const content = new Content()
  for (const size of [1024, 100 * 1024]) expect(JSON.stringify(content.document(size))).toHaveLength(size)
  expect(JSON.stringify(content.state(1024))).toHaveLength(1024)
})

test('no content is the same twice', () => {
  const content = new Content()
  const texts = Array.from({ length: 500 }, () => JSON.stringify(content.state(1024).pipelineContext))
  expect(new Set(texts).size).toBe(texts.length)
})

test('every run of the benchmark makes the same content', () => {
  expect(new Content().state(1024)).toEqual(new Content().state(1024))
  expect(new Content(1).document(1024)).not.toEqual(new Content(2).document(1024))
})

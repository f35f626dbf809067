import type { z } from 'zod'
import { type SpanNodeInput, type spanInput, spanNodeInput } from '../models/trace.js'
import { isSyntheticRoot } from '../rules/span-tree.js'
import { formatPath } from '../serialization/path.js'
import { check, reading, refuse } from './check.js'

/** A checked span with its place; `path` gives where it stands in the caller's input, for messages. */
export interface PlacedSpan {
  readonly span: z.output<typeof spanInput>
  readonly parentSpanId: string | null
  readonly path: () => string
}

interface Pending {
  readonly node: unknown
  readonly parentSpanId: string | null
  readonly parent: Pending | null
  readonly index: number
}

/**
 * The spans of a tree, parents before children; position decides the parent. A synthetic root (see `getTrace`) is left out.
 * @throws `VALIDATION` for a node that is none, or a span id that comes twice
 */
export function flattenTrace(root: SpanNodeInput): PlacedSpan[] {
  const placed: PlacedSpan[] = []
  const seen = new Set<string>()
  const pending: Pending[] = [{ node: root, parentSpanId: null, parent: null, index: 0 }]
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const here = item
    const synthetic = here.parent === null && isSynthetic(here.node)
    const { children = [], ...span } = synthetic
      ? check(spanNodeInput.pick({ children: true }).loose(), here.node)
      : check(spanNodeInput, here.node, () => pathOf(here))
    if (!synthetic) {
      const { spanId } = span as PlacedSpan['span']
      if (seen.has(spanId)) refuse(`${pathText(here)}.spanId`, `'${spanId}' stands in the tree twice`)
      seen.add(spanId)
      placed.push({ span: span as PlacedSpan['span'], parentSpanId: here.parentSpanId, path: () => pathText(here) })
    }
    const parentSpanId = synthetic ? null : (span as PlacedSpan['span']).spanId
    for (let index = children.length - 1; index >= 0; index--)
      pending.push({ node: children[index], parentSpanId, parent: here, index })
  }
  return placed
}

function isSynthetic(node: unknown): boolean {
  return (
    typeof node === 'object' &&
    node !== null &&
    reading(
      () => [],
      () => isSyntheticRoot(node),
    )
  )
}

function pathOf(item: Pending): PropertyKey[] {
  const path: PropertyKey[] = []
  for (let here: Pending | null = item; here?.parent; here = here.parent) path.push(here.index, 'children')
  return path.reverse()
}

const pathText = (item: Pending) => formatPath(pathOf(item))

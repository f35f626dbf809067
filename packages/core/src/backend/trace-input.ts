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
  for (let here = pending.pop(); here !== undefined; here = pending.pop()) {
    const synthetic = here.parent === null && isSynthetic(here.node)
    const { spanId, children } = synthetic ? checkSynthetic(here.node) : place(here, placed, seen)
    if (children === undefined) continue
    for (let index = children.length - 1; index >= 0; index--)
      pending.push({ node: children[index], parentSpanId: spanId, parent: here, index })
  }
  return placed
}

/** Checks a node and puts its span behind the others. */
function place(here: Pending, placed: PlacedSpan[], seen: Set<string>): CheckedNode {
  const span = check(spanNodeInput, here.node, () => pathOf(here))
  if (seen.has(span.spanId)) refuse(`${pathText(here)}.spanId`, `'${span.spanId}' stands in the tree twice`)
  seen.add(span.spanId)
  placed.push({ span, parentSpanId: here.parentSpanId, path: () => pathText(here) })
  return span
}

/** What is above the children, which have no parent then. */
interface CheckedNode {
  readonly spanId: string | null
  readonly children?: readonly unknown[] | undefined
}

function checkSynthetic(node: unknown): CheckedNode {
  const { children } = check(spanNodeInput.pick({ children: true }).loose(), node)
  return { spanId: null, children }
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

/** What is asserted of histories. Each failure shows the smallest part of the history that is still impossible. */
import type { Asserts } from '../assert.js'
import { show } from '../show.js'
import { type Operation, showHistory } from './history.js'
import { explain, type SearchLimits, smallestImpossible } from './linearizability.js'
import { looseRegister, type RegisterOperation, register } from './register.js'

/** Thrown where a checker could neither explain a history nor show that nobody can: an error of the suite, never a pass. */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
}

/** The calls of one run id happened in some order, each at one moment between its start and its end. */
export function assertLinearizable(
  assert: Asserts,
  operations: readonly RegisterOperation[],
  what: string,
  limits: SearchLimits = {},
): void {
  const verdict = explain(operations, register, limits)
  if (verdict === 'inconclusive')
    throw new Inconclusive(`${what}: ${operations.length} calls are too many to be explained`)
  const part = verdict === 'impossible' ? smallestOf(operations) : []
  assert.ok(verdict === 'possible', `${what}: no order explains these calls:\n${showHistory(part)}`)
}

function smallestOf(operations: readonly RegisterOperation[]): readonly RegisterOperation[] {
  const isLoose = explain(operations, looseRegister) === 'impossible'
  return smallestImpossible(operations, isLoose ? looseRegister : register)
}

export type Add = Operation<{ readonly add: string }>
export type SetRead = Operation<{ readonly list: string }, readonly string[]>

/** Everything that was added is there exactly once, for every read that began after it; nothing else is. */
export function assertNothingLost(
  assert: Asserts,
  adds: readonly Add[],
  reads: readonly SetRead[],
  what: string,
): void {
  for (const read of reads) {
    const found = read.result ?? []
    const problem = lost(adds, read, found) ?? doubled(adds, found) ?? invented(adds, read, found)
    const message = problem && `${what}: ${problem.text}:\n${showHistory([...problem.adds, read])}`
    assert.ok(problem === null, message ?? '')
  }
}

interface Problem {
  readonly text: string
  readonly adds: readonly Add[]
}

function lost(adds: readonly Add[], read: SetRead, found: readonly string[]): Problem | null {
  const there = new Set(found)
  const add = adds.find((add) => add.outcome === 'ok' && add.end < read.start && !there.has(add.action.add))
  return add ? { text: `${show(add.action.add)} was added before, and is not there`, adds: [add] } : null
}

function doubled(adds: readonly Add[], found: readonly string[]): Problem | null {
  const element = found.find((element, index) => found.indexOf(element) !== index)
  if (element === undefined) return null
  return { text: `${show(element)} is there twice`, adds: adds.filter(({ action }) => action.add === element) }
}

function invented(adds: readonly Add[], read: SetRead, found: readonly string[]): Problem | null {
  for (const element of found) {
    const own = adds.filter(({ action }) => action.add === element)
    if (!own.some(({ outcome, start }) => outcome !== 'fail' && start < read.end))
      return { text: `nobody added ${show(element)}`, adds: own }
  }
  return null
}

export type VersionRead = Operation<unknown, number>

/** A read that began after another one had ended gives nothing older, whoever reads. */
export function assertNeverBack(assert: Asserts, reads: readonly VersionRead[], what: string): void {
  for (const read of reads) {
    const newer = reads.find(({ end, result }) => end < read.start && Number(result) > Number(read.result))
    assert.ok(newer === undefined, `${what}: an older version came after a newer one:\n${showPair(newer, read)}`)
  }
}

const showPair = (newer: VersionRead | undefined, read: VersionRead) => (newer ? showHistory([newer, read]) : '')

/** The counts that the calls gave are together what is gone; a call that was lost may have taken the rest. */
export function assertCountsAddUp(
  assert: Asserts,
  calls: readonly Operation<unknown, number>[],
  gone: number,
  what: string,
): void {
  const sum = calls.reduce((total, { result }) => total + (result ?? 0), 0)
  const isLost = calls.some(({ outcome }) => outcome === 'unknown')
  const adds = isLost ? sum <= gone : sum === gone
  // Calls that counted nothing explain nothing.
  const counted = calls.filter(({ result, outcome }) => result !== 0 || outcome === 'unknown')
  assert.ok(adds, `${what}: ${gone} are gone, and the counts add up to ${sum}:\n${showHistory(counted)}`)
}

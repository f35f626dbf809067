import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { AssertionFailure, createAsserts } from '../src/assert.js'
import {
  type Add,
  assertCountsAddUp,
  assertLinearizable,
  assertNeverBack,
  assertNothingLost,
  Inconclusive,
  type SetRead,
} from '../src/histories/checks.js'
import { History, type Operation, showHistory } from '../src/histories/history.js'
import { explain, smallestImpossible } from '../src/histories/linearizability.js'
import {
  looseRegister,
  type RegisterAction,
  type RegisterOperation,
  type RegisterResult,
  register,
} from '../src/histories/register.js'

const FOREVER = Number.POSITIVE_INFINITY

function ok<A, R>(start: number, end: number, action: A, result: R): Operation<A, R> {
  return { client: 'c', action, start, end, outcome: 'ok', result, code: null }
}
function refused<A>(start: number, end: number, action: A, code: Operation<A>['code']): Operation<A, never> {
  return { client: 'c', action, start, end, outcome: 'fail', result: undefined, code }
}
function lost<A>(start: number, action: A): Operation<A, never> {
  return { client: 'c', action, start, end: FOREVER, outcome: 'unknown', result: undefined, code: null }
}

const save = (mark: number, ifVersion?: number): RegisterAction =>
  ifVersion === undefined ? { do: 'save', mark } : { do: 'save', mark, ifVersion }
const update = (mark: number): RegisterAction => ({ do: 'update', mark })
const load: RegisterAction = { do: 'load' }
const remove: RegisterAction = { do: 'delete' }
const nothing: RegisterResult = { mark: null, version: 0 }

const POSSIBLE: Record<string, RegisterOperation[]> = {
  'nothing at all': [],
  'one after the other': [ok(1, 2, save(1), { version: 1 }), ok(3, 4, load, { mark: 1, version: 1 })],
  'a load beside a save gives the old': [ok(1, 4, save(1), { version: 1 }), ok(2, 3, load, nothing)],
  'a load beside a save gives the new': [ok(1, 4, save(1), { version: 1 }), ok(2, 3, load, { mark: 1, version: 1 })],
  'a lost save that happened late': [
    lost(1, save(1)),
    ok(2, 3, load, nothing),
    ok(4, 5, load, { mark: 1, version: 9 }),
  ],
  'a lost save that never happened': [lost(1, save(1)), ok(2, 3, load, nothing), ok(4, 5, load, nothing)],
  'a lost deletion that happened': [ok(1, 2, save(1), { version: 1 }), lost(3, remove), ok(4, 5, load, nothing)],
  'an update beside the first save, refused': [
    ok(1, 4, save(1), { version: 1 }),
    refused(2, 3, update(2), 'NOT_FOUND'),
  ],
  'a conflict with what came between': [
    ok(1, 2, save(1), { version: 1 }),
    ok(3, 6, save(2, 1), { version: 2 }),
    refused(4, 5, save(3, 1), 'CONFLICT'),
  ],
  'a version known after a lost save': [lost(1, save(1)), ok(2, 5, save(2, 7), { version: 8 })],
}

const IMPOSSIBLE: Record<string, RegisterOperation[]> = {
  'a lost write': [ok(1, 2, save(1), { version: 1 }), ok(3, 4, load, nothing)],
  'an invented value': [ok(1, 2, load, { mark: 7, version: 1 })],
  'an old value after the new one': [
    ok(1, 2, save(1), { version: 1 }),
    ok(3, 8, save(2), { version: 2 }),
    ok(4, 5, load, { mark: 2, version: 2 }),
    ok(6, 7, load, { mark: 1, version: 1 }),
  ],
  'a deletion undone': [
    ok(1, 2, save(1), { version: 1 }),
    ok(3, 4, remove, {}),
    ok(5, 6, load, { mark: 1, version: 1 }),
  ],
  'a version given twice': [ok(1, 2, save(1), { version: 1 }), ok(3, 4, save(2), { version: 1 })],
  'a version begun anew after a deletion': [
    ok(1, 2, save(1), { version: 5 }),
    ok(3, 4, remove, {}),
    ok(5, 6, save(2), { version: 1 }),
  ],
  'two winners': [
    ok(1, 2, save(1), { version: 1 }),
    ok(3, 6, save(2, 1), { version: 2 }),
    ok(4, 5, save(3, 1), { version: 3 }),
  ],
  'a conflict without a reason': [ok(1, 2, save(1), { version: 1 }), refused(3, 4, save(2, 1), 'CONFLICT')],
  'an update of nothing': [ok(1, 2, update(1), { version: 1 })],
  'an update not found though it is there': [ok(1, 2, save(1), { version: 1 }), refused(3, 4, update(2), 'NOT_FOUND')],
  'a value without its version': [ok(1, 2, save(1), { version: 1 }), ok(3, 4, load, { mark: 1, version: 2 })],
  'a lost save that happened before it began': [ok(1, 2, load, { mark: 1, version: 1 }), lost(3, save(1))],
  'a lost save seen, and then not': [
    lost(1, save(1)),
    ok(2, 3, load, { mark: 1, version: 1 }),
    ok(4, 5, load, nothing),
  ],
}

describe('the order of calls on one run', () => {
  test.each(Object.entries(POSSIBLE))('possible: %s', (_, operations) => {
    expect(explain(operations, register)).toBe('possible')
  })

  test.each(Object.entries(IMPOSSIBLE))('impossible: %s', (_, operations) => {
    expect(explain(operations, register)).toBe('impossible')
    expect(() => assertLinearizable(createAsserts(), operations, 'run')).toThrow(AssertionFailure)
  })

  it('too many calls, or too many orders, are an error and no pass', () => {
    const many = Array.from({ length: 61 }, (_, n) => ok(2 * n, 2 * n + 1, load, nothing))
    expect(explain(many, register)).toBe('inconclusive')
    expect(() => assertLinearizable(createAsserts(), many, 'run')).toThrow(Inconclusive)
    const parallel = Array.from({ length: 20 }, (_, n) => ok(n, 100 + n, save(n), { version: 20 - n }))
    const contradicted = [...parallel, ok(200, 201, load, { mark: 99, version: 1 })]
    expect(() => assertLinearizable(createAsserts(), contradicted, 'run', { steps: 10 })).toThrow(Inconclusive)
  })

  it('shows the smallest part that is impossible', () => {
    const noise = Array.from({ length: 10 }, (_, n) => ok(10 * n + 5, 10 * n + 6, load, { mark: n, version: n + 1 }))
    const writes = Array.from({ length: 10 }, (_, n) => ok(10 * n + 1, 10 * n + 2, save(n), { version: n + 1 }))
    const back = ok(200, 201, load, { mark: 3, version: 4 })
    const smallest = smallestImpossible([...writes, ...noise, back], register)
    // What it saw, what came after that, and the load itself.
    expect(smallest).toHaveLength(3)
    expect(smallest).toContain(back)
    expect(showHistory(smallest)).toMatch(/200–201 +c: \{ do: "load" \} → \{ mark: 3, version: 4 \}$/)
  })
})

// Every order of the calls that respects time, the long way round.
function bruteForce(operations: readonly RegisterOperation[], state = register.initial): boolean {
  if (operations.every(({ end }) => end === FOREVER)) return true
  const firstEnd = Math.min(...operations.map(({ end }) => end))
  return operations.some((operation) => {
    if (operation.start > firstEnd) return false
    const next = register.step(state, operation)
    return (
      next !== null &&
      bruteForce(
        operations.filter((other) => other !== operation),
        next,
      )
    )
  })
}

const action: fc.Arbitrary<RegisterAction> = fc.oneof(
  fc.record({ do: fc.constant('save' as const), mark: fc.constant(0) }),
  fc.record({ do: fc.constant('save' as const), mark: fc.constant(0), ifVersion: fc.nat({ max: 4 }) }),
  fc.record({ do: fc.constant('update' as const), mark: fc.constant(0) }),
  fc.constant(remove),
  fc.constant(load),
)

/** What a register that is right gives for the actions one after the other. */
function executed(actions: readonly RegisterAction[]): Omit<RegisterOperation, 'start' | 'end' | 'client'>[] {
  let mark: number | null = null
  let last = 0
  return actions.map((drawn, index) => {
    const action = 'mark' in drawn ? { ...drawn, mark: index } : drawn
    const gave = (result: RegisterResult) => ({ action, outcome: 'ok' as const, result, code: null })
    const refuse = (code: 'CONFLICT' | 'NOT_FOUND') => ({ action, outcome: 'fail' as const, result: undefined, code })
    if (action.do === 'load') return gave({ mark, version: mark === null ? 0 : last })
    if (action.do === 'delete') {
      mark = null
      return gave({})
    }
    if (action.do === 'update' && mark === null) return refuse('NOT_FOUND')
    if (action.ifVersion !== undefined && action.ifVersion !== (mark === null ? 0 : last)) return refuse('CONFLICT')
    mark = index
    last += 1
    return gave({ version: last })
  })
}

const stretch = fc.tuple(fc.nat({ max: 35 }), fc.nat({ max: 35 }))

/** Each call is stretched over its moment, so that they overlap. */
const overlapping = fc.array(fc.tuple(action, stretch, fc.boolean()), { minLength: 1, maxLength: 7 }).map((drawn) =>
  executed(drawn.map(([action]) => action)).map((operation, index): RegisterOperation => {
    const [before, after] = drawn[index]?.[1] ?? [0, 0]
    const moment = 10 * (index + 1)
    return {
      ...operation,
      client: 'c',
      start: moment - before - index / 100,
      end: moment + after + index / 100 + 0.001,
    }
  }),
)

describe('random histories', () => {
  it('what happened one after the other can always be explained, also if some of it got lost', () => {
    fc.assert(
      fc.property(overlapping, fc.nat({ max: 6 }), (operations, lostIndex) => {
        expect(explain(operations, register)).toBe('possible')
        const withLost = operations.map((operation, index) =>
          index === lostIndex && operation.outcome === 'ok' ? lost(operation.start, operation.action) : operation,
        )
        expect(explain(withLost, register)).toBe('possible')
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('the search finds what trying all orders finds; the smallest part is impossible, and has nothing to spare', () => {
    let impossible = 0
    const swapped = fc.tuple(overlapping, fc.nat(), fc.nat())
    fc.assert(
      fc.property(swapped, ([operations, a, b]) => {
        // Two calls change what came back with each other.
        const [i, j] = [a % operations.length, b % operations.length]
        const one = operations[i] as RegisterOperation
        const other = operations[j] as RegisterOperation
        const mixed = operations.map((operation, index) => {
          if (index === i) return { ...operation, result: other.result, outcome: other.outcome, code: other.code }
          return index === j ? { ...operation, result: one.result, outcome: one.outcome, code: one.code } : operation
        })
        const verdict = explain(mixed, register)
        expect(verdict).toBe(bruteForce(mixed) ? 'possible' : 'impossible')
        if (verdict === 'possible') return
        impossible += 1
        const smallest = smallestImpossible(mixed, register)
        expect(bruteForce(smallest)).toBe(false)
        for (const operation of smallest) {
          const others = smallest.filter((other) => other !== operation)
          expect(register.matters(operation, others) || bruteForce(others)).toBe(true)
        }
      }),
      { seed: 2, numRuns: 500 },
    )
    expect(impossible).toBeGreaterThan(50)
  })

  it('leaving out a call that does not matter never makes a history impossible', () => {
    fc.assert(
      fc.property(overlapping, (operations) => {
        for (const operation of operations) {
          const others = operations.filter((other) => other !== operation)
          for (const specification of [register, looseRegister])
            if (!specification.matters(operation, others)) expect(explain(others, specification)).toBe('possible')
        }
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})

describe('a set of things that are added', () => {
  const add = (start: number, end: number, element: string) => ok(start, end, { add: element }, undefined)
  const read = (start: number, end: number, elements: string[]) => ok(start, end, { list: 'things' }, elements)

  test.each<[string, Add[], SetRead[]]>([
    ['all there', [add(1, 2, 'a'), add(3, 4, 'b')], [read(5, 6, ['b', 'a'])]],
    ['one beside the read, seen', [add(1, 4, 'a')], [read(2, 3, ['a'])]],
    ['one beside the read, not seen', [add(1, 4, 'a')], [read(2, 3, [])]],
    ['one lost, there', [lost(1, { add: 'a' })], [read(2, 3, ['a'])]],
    ['one lost, not there', [lost(1, { add: 'a' })], [read(2, 3, [])]],
    ['one refused', [refused(1, 2, { add: 'a' }, 'BUSY')], [read(3, 4, [])]],
  ])('right: %s', (_, adds, reads) => {
    expect(() => assertNothingLost(createAsserts(), adds, reads, 'set')).not.toThrow()
  })

  test.each<[string, Add[], SetRead[]]>([
    ['one is missing', [add(1, 2, 'a'), add(3, 4, 'b')], [read(5, 6, ['b'])]],
    ['one is there twice', [add(1, 2, 'a')], [read(3, 4, ['a', 'a'])]],
    ['one that nobody added', [add(1, 2, 'a')], [read(3, 4, ['a', 'x'])]],
    ['one before it was added', [add(3, 4, 'a')], [read(1, 2, ['a'])]],
    ['one that was refused', [refused(1, 2, { add: 'a' }, 'BUSY')], [read(3, 4, ['a'])]],
    ['gone in a later read', [add(1, 2, 'a')], [read(3, 4, ['a']), read(5, 6, [])]],
  ])('wrong: %s', (_, adds, reads) => {
    expect(() => assertNothingLost(createAsserts(), adds, reads, 'set')).toThrow(AssertionFailure)
  })
})

describe('readers and counts', () => {
  it('a reader may see what another one does not see yet, but never less than one that was done before', () => {
    const fine = [ok(1, 4, 'load', 2), ok(2, 5, 'load', 1), ok(6, 7, 'load', 2)]
    expect(() => assertNeverBack(createAsserts(), fine, 'run')).not.toThrow()
    expect(() => assertNeverBack(createAsserts(), [...fine, ok(8, 9, 'load', 1)], 'run')).toThrow(/8–9/)
  })

  it('counts are together what is gone; a call that was lost may have taken the rest', () => {
    const calls = [ok(1, 4, 'cleanup', 3), ok(2, 5, 'cleanup', 0)]
    const check = (operations: Operation<unknown, number>[], gone: number) => () =>
      assertCountsAddUp(createAsserts(), operations, gone, 'cleanup')
    expect(check(calls, 3)).not.toThrow()
    expect(check(calls, 4)).toThrow(AssertionFailure)
    expect(check(calls, 2)).toThrow(AssertionFailure)
    expect(check([...calls, lost(3, 'cleanup')], 4)).not.toThrow()
    expect(check([...calls, lost(3, 'cleanup')], 2)).toThrow(AssertionFailure)
  })
})

describe('recording', () => {
  it('keeps what came back, what was refused and what got lost, and lets nothing else pass', async () => {
    const { StateBackendError } = await import('@flujo-state/core')
    const isLost = (error: unknown) => error instanceof TypeError
    const history = new History<string, number>({ refusals: ['CONFLICT'], isLost })
    expect(await history.call('a', 'one', async () => 1)).toBe(1)
    const refuse = async () => Promise.reject(new StateBackendError('CONFLICT', 'saveState: no'))
    expect(await history.call('a', 'two', refuse)).toBe(null)
    expect(await history.call('a', 'three', async () => Promise.reject(new TypeError('killed')))).toBe(null)
    const broken = async () => Promise.reject(new StateBackendError('IO', 'saveState: no'))
    await expect(history.call('a', 'four', broken)).rejects.toThrow('no')
    expect(history.operations.map(({ outcome, start, end, code }) => [outcome, start, end, code])).toEqual([
      ['ok', 1, 2, null],
      ['fail', 3, 4, 'CONFLICT'],
      ['unknown', 5, FOREVER, null],
    ])
  })
})

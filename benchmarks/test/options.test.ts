import { expect, test } from 'vitest'
import { parseOptions } from '../src/options.js'

test('by default: five rounds of everything', () => {
  expect(parseOptions([])).toMatchObject({
    only: null,
    rounds: 5,
    warmUp: 2,
    quick: false,
    full: false,
    peers: false,
    publish: [],
  })
})

test('--quick has few rounds and no warm-up, unless told', () => {
  expect(parseOptions(['--quick'])).toMatchObject({ rounds: 2, warmUp: 0, quick: true })
  expect(parseOptions(['--quick', '--rounds', '9'])).toMatchObject({ rounds: 9 })
})

test('--only is a regular expression of any case', () => {
  const { only } = parseOptions(['--', '--only', 'savestate.*SQLITE'])
  expect(only?.test('saveState one by one · sqlite full')).toBe(true)
  expect(only?.test('loadState · sqlite normal')).toBe(false)
})

test.each([
  [['--only', '('], '--only: "(" is no regular expression'],
  [['--rounds', '0'], '--rounds: expected a whole number from 1, got "0"'],
  [['--rounds', '2.5'], '--rounds: expected a whole number from 1, got "2.5"'],
  [['--rounds', 'many'], '--rounds: expected a whole number from 1, got "many"'],
  [['--quick', '--full'], '--quick and --full exclude each other'],
  [['--fast'], "'--fast'"],
  [['save'], "'save'"],
])('a wrong command line says what is wrong: %j', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message)
})

import { basename, dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  generationOf,
  isRunFolderName,
  isShardName,
  isTemporary,
  Layout,
  logName,
  temporaryName,
  tokenOfJournal,
  tokenOfTemporary,
  tokenOfWaiting,
} from '../src/layout.js'

const layout = new Layout('/store')
const HOSTILE = [
  '../x',
  '..',
  '.',
  '/',
  '\\',
  'CON',
  'nul',
  'a/b',
  'A',
  'a',
  'a ',
  'a.',
  '😀',
  'é',
  'e\u0301',
  '__proto__',
  'x'.repeat(512),
  '-rf',
  '~',
  '%2e',
  '*?<>|:"',
]

describe('names', () => {
  it('are safe on every file system, for any id', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', minLength: 1 })), (id) => {
        const folder = layout.runFolder(id)
        expect(dirname(dirname(folder))).toBe(layout.runs)
        expect(isShardName(basename(dirname(folder)))).toBe(true)
        expect(isRunFolderName(basename(folder))).toBe(true)
        expect(basename(folder).length).toBeLessThanOrEqual(80)
        expect(dirname(layout.systemState(id))).toBe(layout.system)
      }),
      { seed: 20261122 },
    )
  })

  it('are others for other ids, also where case does not count', () => {
    const names = HOSTILE.map((id) => layout.runFolder(id).toLowerCase())
    expect(new Set(names).size).toBe(HOSTILE.length)
  })

  it('begin with what people can recognise, and never change', () => {
    expect(layout.runFolder('Order 17/b')).toBe('/store/runs/37/order_17_b-373a44e4b53cf34c710375c612d179a4')
  })

  it('are told apart', () => {
    expect([generationOf(logName(12)), generationOf('state.json'), generationOf('log.x.jsonl')]).toEqual([
      12,
      null,
      null,
    ])
    const temporary = basename(temporaryName(layout.counters, 'token-1'))
    expect([isTemporary(temporary), tokenOfTemporary(temporary)]).toEqual([true, 'token-1'])
    expect([tokenOfWaiting(basename(layout.waiting('token-1'))), tokenOfWaiting('lock.1')]).toEqual(['token-1', null])
    expect(tokenOfJournal(basename(layout.journal('token-1', 2)))).toBe('token-1')
    expect([isShardName('.DS_Store'), isRunFolderName('Thumbs.db')]).toEqual([false, false])
  })
})

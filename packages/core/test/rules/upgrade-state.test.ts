import { describe, expect, it } from 'vitest'
import type { WorkflowState } from '../../src/models/workflow-state.js'
import { type StateUpgrade, upgradeState } from '../../src/rules/upgrade-state.js'

const state: WorkflowState = {
  runId: 'r',
  pipelineId: 'p',
  pipelineName: 'Pipeline',
  pipelineVersion: '1',
  currentStepIndex: 0,
  pipelineContext: { path: [] },
  lastStepOutput: null,
  stepHistory: [],
  status: 'running',
  createdAt: new Date(1),
  updatedAt: new Date(2),
  totalSteps: 0,
  errorMessage: null,
  executionTimeMs: null,
  memoryUsageMb: null,
  metadata: {},
  isBackgroundTask: false,
  parentRunId: null,
  taskId: null,
  backgroundError: null,
  version: 7,
}
const stored = (pipelineVersion: string): WorkflowState => ({
  ...state,
  pipelineVersion,
  pipelineContext: { path: [] },
})

/** A link that notes that it was taken. */
const link = (from: string, to: string): StateUpgrade => ({
  from,
  to,
  up: (state) => ({ ...state, pipelineContext: { path: [...state.pipelineContext.path, to] } }),
})

describe('upgradeState', () => {
  it('leaves the snapshot as it is when its pipeline has no links', () => {
    const loaded = stored('1')
    expect(upgradeState(loaded, undefined)).toBe(loaded)
    expect(upgradeState(loaded, {})).toBe(loaded)
    expect(upgradeState(loaded, { p: [] })).toBe(loaded)
    expect(upgradeState(loaded, { other: [link('1', '2')] })).toBe(loaded)
  })

  it.each(['constructor', '__proto__', 'toString'])('takes the pipeline id %s for what it is', (pipelineId) => {
    const loaded = { ...stored('1'), pipelineId }
    expect(upgradeState(loaded, {})).toBe(loaded)
  })

  it.each([
    ['1', ['2', '3']],
    ['2', ['3']],
    ['3', []],
  ])('brings version %s along the links, however they are sorted', (version, path) => {
    const upgraded = upgradeState(stored(version), { p: [link('2', '3'), link('1', '2')] })
    expect(upgraded.pipelineVersion).toBe('3')
    expect(upgraded.pipelineContext).toEqual({ path })
  })

  it('keeps run id and version, and sets the pipeline version, whatever a link gives', () => {
    const meddling: StateUpgrade = {
      from: '1',
      to: '2',
      up: (state) => ({ ...state, runId: 'other', version: 1, pipelineVersion: '9' }),
    }
    expect(upgradeState(stored('1'), { p: [meddling] })).toMatchObject({ runId: 'r', version: 7, pipelineVersion: '2' })
  })

  it('lets a link change its argument', () => {
    const inPlace: StateUpgrade = {
      from: '1',
      to: '2',
      up: (state) => {
        state.pipelineContext = { changed: true }
        return state
      },
    }
    expect(upgradeState(stored('1'), { p: [inPlace] }).pipelineContext).toEqual({ changed: true })
  })

  const failures: readonly (readonly [string, string, readonly StateUpgrade[], RegExp])[] = [
    ['a missing first link', '1', [link('2', '3')], /from version '1'.*to '3'/],
    ['a version newer than the links', '9', [link('1', '2')], /from version '9'/],
    ['links that go round', '1', [link('1', '2'), link('2', '1')], /go round at version '1'/],
    ['a link to itself', '1', [link('1', '1')], /go round/],
  ]
  it.each(failures)('refuses %s', (_what, version, links, message) => {
    expect(() => upgradeState(stored(version), { p: links })).toThrow(
      expect.objectContaining({
        code: 'DESERIALIZATION',
        runId: 'r',
        path: '$.pipelineVersion',
        message: expect.stringMatching(message),
      }),
    )
  })

  it('says which link failed, and why', () => {
    const cause = new Error('no such field')
    const failing: StateUpgrade = {
      from: '1',
      to: '2',
      up: () => {
        throw cause
      },
    }
    expect(() => upgradeState(stored('1'), { p: [failing] })).toThrow(
      expect.objectContaining({
        code: 'DESERIALIZATION',
        cause,
        message: expect.stringContaining("from version '1' to '2'"),
      }),
    )
  })

  it.each([undefined, null, {}, Promise.resolve(state)])('refuses a link that gives %s for a snapshot', (given) => {
    const forgetful = { from: '1', to: '2', up: () => given as unknown as WorkflowState }
    expect(() => upgradeState(stored('1'), { p: [forgetful] })).toThrow(
      expect.objectContaining({
        code: 'DESERIALIZATION',
        message: expect.stringContaining('did not return a snapshot'),
      }),
    )
  })
})

/** The commands of a sequence as a program against the public contract: what a failure prints, so that anybody can run it. */
import { literal } from './literal.js'

interface Call {
  readonly method: string
  readonly args: readonly unknown[]
  /** The code, if it had to be refused. */
  refusal: string | null
  /** Kept under a name, to be changed later. */
  keepsInput: boolean
  keepsOutput: boolean
}

const MUTATE = `
/** Changes everything that can be changed in what was handed in or given out. */
function mutate(value) {
  if (typeof value !== 'object' || value === null) return
  for (const item of value instanceof Map || value instanceof Set ? value.values() : Object.values(value)) mutate(item)
  if (value instanceof Date) value.setTime(12345)
  else if (value instanceof Map || value instanceof Set) value.clear()
  else if (Array.isArray(value)) value.splice(0, value.length, 'mutated')
  else for (const key of Object.keys(value)) delete value[key]
}
`
const ALL = `
async function all(items) {
  const found = []
  for await (const item of items) found.push(item)
  return found
}
`

export class Program {
  readonly #start: Date
  readonly #statements: (string | Call)[] = []
  /** What the last statement has to show. */
  #claim: (() => string) | null = null

  constructor(start: Date) {
    this.#start = start
  }

  add(line: string): void {
    this.#statements.push(line)
    this.#claim = null
  }

  call(method: string, args: readonly unknown[]): void {
    this.#statements.push({ method, args, refusal: null, keepsInput: false, keepsOutput: false })
    this.#claim = null
  }

  /** The latest call must be refused. */
  refused(code: string): void {
    const call = this.#statements.at(-1)
    if (typeof call === 'object') call.refusal = code
  }

  /** What must hold now, as a statement; `CALL` in it stands for the latest call, else it comes after all others. */
  claim(statement: () => string): void {
    this.#claim = statement
  }

  /** The latest call's input or output is changed. False if it has none. */
  mutateLast(what: 'input' | 'output'): boolean {
    const index = this.#statements.findLastIndex((statement) => typeof statement === 'object')
    const call = this.#statements[index]
    if (typeof call !== 'object' || (what === 'output' && call.refusal !== null)) return false
    if (what === 'input') call.keepsInput = true
    else call.keepsOutput = true
    this.add(`mutate(${what}${index})`)
    return true
  }

  get lastLine(): string {
    const last = this.#statements.at(-1) ?? ''
    return typeof last === 'string' ? last : `await ${callText(last, -1)}`
  }

  toString(): string {
    const claim = this.#claim?.() ?? ''
    const isOfCall = claim.includes('CALL')
    const body = this.#statements.flatMap((statement, index) => {
      if (typeof statement === 'string') return statement
      const isLast = index === this.#statements.length - 1
      return isLast && isOfCall ? claim.replace('CALL', () => callText(statement, index)) : linesOf(statement, index)
    })
    if (claim !== '' && !isOfCall) body.push(claim)
    return [...this.#head(body.join('\n')), ...body.map((line) => `  ${line}`), '}'].join('\n')
  }

  #head(body: string): string[] {
    return [
      "import assert from 'node:assert/strict'",
      ...(body.includes('iterate(') ? ["import { iterate } from '@flujo-state/core'", ALL] : []),
      ...(body.includes('mutate(') ? [MUTATE] : []),
      '',
      '/** `backend`: over empty storage; `clock`: its clock; `reopen(backend)` and `second()`: as in the harness. */',
      'export async function reproduce({ backend, clock, reopen, second }) {',
      `  clock.set(${literal(this.#start)})`,
    ]
  }
}

function callText({ method, args, keepsInput }: Call, index: number): string {
  return `backend.${method}(${keepsInput ? `...input${index}` : args.map(literal).join(', ')})`
}

function linesOf(call: Call, index: number): string[] {
  const { args, refusal, keepsInput, keepsOutput } = call
  const text = callText(call, index)
  const kept = keepsOutput ? `const output${index} = await ${text}` : `await ${text}`
  return [
    ...(keepsInput ? [`const input${index} = [${args.map(literal).join(', ')}]`] : []),
    refusal === null ? kept : `await assert.rejects(${text}, { code: '${refusal}' })`,
  ]
}

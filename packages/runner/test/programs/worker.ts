/**
 * A worker as a process of its own. Takes its orders as JSON in the first argument, says what happens by lines on stdout:
 * `in <step>` from the middle of each step, at last `done <status>` or `error <code>`.
 */
import { createInterface } from 'node:readline'
import { isStateBackendError } from '@flujo-state/core'
import { recover, resumeWorkflow, runWorkflow, type StepContext } from '@flujo-state/runner'
import { journalWorkflow, type Kind, openBackend } from './workflow.js'

export interface Orders {
  readonly kind: Kind
  readonly path: string
  readonly journal: string
  readonly who: string
  readonly action: 'run' | 'resume' | 'recover'
  readonly runId: string
  readonly leaseMs?: number
  /** In the middle of this step wait for a line on stdin. */
  readonly waitIn?: string
  /** Let the wait end when `ctx.signal` aborts. */
  readonly heedSignal?: boolean
  /** Die by SIGKILL at this write of the backend (from 1). */
  readonly dieAtWrite?: number
  /** Begin once a line comes on stdin. */
  readonly waitToBegin?: boolean
}

const orders: Orders = JSON.parse(process.argv[2] ?? '')
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (text: string) => process.stdout.write(`${text}\n`)

async function inStep(ctx: StepContext): Promise<void> {
  say(`in ${ctx.stepName}`)
  if (ctx.stepName !== orders.waitIn) return
  const told = lines.next()
  const aborted = () =>
    new Promise((_resolve, reject) => {
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
    })
  await (orders.heedSignal ? Promise.race([told, aborted()]) : told)
}

const real = openBackend(orders.kind, orders.path)
let writes = 0
const backend = new Proxy(real, {
  get(target, name) {
    const value: unknown = Reflect.get(target, name, target)
    if (typeof value !== 'function') return value
    return (...args: unknown[]) => {
      if (/^(save|update|claim|release)/.test(String(name)) && ++writes === orders.dieAtWrite) {
        // Begun, and then the process is gone: what of it is stored is up to the moment.
        setImmediate(() => process.kill(process.pid, 'SIGKILL'))
      }
      return value.apply(target, args)
    }
  },
})
const workflow = journalWorkflow(orders.journal, orders.who, inStep)
const common = { leaseMs: orders.leaseMs, handleSignals: true }

async function act(): Promise<string> {
  const { action, runId } = orders
  if (action === 'run') return (await runWorkflow(workflow, { ...common, backend, runId, input: 1 })).status
  if (action === 'resume') return (await resumeWorkflow(workflow, { ...common, backend, runId })).status
  const { resumed, errors } = await recover(backend, { ...common, workflows: [workflow] })
  return `${resumed.length} ${errors.length}`
}

await real.open()
if (orders.waitToBegin) {
  say('ready')
  await lines.next()
}
try {
  say(`done ${await act()}`)
} catch (error) {
  say(`error ${isStateBackendError(error) ? error.code : String(error)}`)
}
await real.shutdown()
process.stdin.destroy()

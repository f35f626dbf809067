/** An `AbortSignal` that a signal of the operating system aborts. */
export interface SignalStop {
  readonly signal: AbortSignal
  /** Stop listening. */
  dispose(): void
}

type Listener = (name: NodeJS.Signals) => void
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']
const listeners = new Set<Listener>()

// One listener on the process, however many runs wait for it: node warns of more than ten.
function onSignal(name: NodeJS.Signals): void {
  unlisten()
  for (const listener of listeners) listener(name)
}
function unlisten(): void {
  for (const name of SIGNALS) process.off(name, onSignal)
}

/**
 * Aborts at the first SIGTERM or SIGINT. Hand `signal` to `runWorkflow` and its like: their runs then pause after the
 * current step. A second signal has the effect it has without us.
 */
export function stopOnSignals(): SignalStop {
  const controller = new AbortController()
  const listener: Listener = (name) =>
    controller.abort(new DOMException(`${name} was received: stop at the next safe point`, 'AbortError'))
  listeners.add(listener)
  unlisten()
  for (const name of SIGNALS) process.on(name, onSignal)
  return {
    signal: controller.signal,
    dispose() {
      listeners.delete(listener)
      if (listeners.size === 0) unlisten()
    },
  }
}

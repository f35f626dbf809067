import { type StorableObject, storableObject } from '../models/storable.js'
import type { SystemState } from '../models/system-state.js'
import { whenDone } from '../store/maybe-promise.js'
import type { Change } from '../store/unit.js'
import type { Call } from './call.js'
import { check, checkId } from './check.js'
import type { Kernel } from './kernel.js'

export async function setSystemState(
  kernel: Kernel,
  call: Call,
  keyInput: string,
  valueInput: StorableObject,
): Promise<void> {
  const key = checkId(keyInput, 'key')
  const value = check(storableObject, valueInput, () => ['value'])
  const text = kernel.encode(call, value, { runId: null, field: 'value' })
  await kernel.commit(
    null,
    [],
    whenDone(text, (value): Change[] => [{ kind: 'put-system-state', key, value }]),
  )
  call.rows = 1
}

export async function getSystemState(kernel: Kernel, call: Call, keyInput: string): Promise<SystemState | null> {
  const key = checkId(keyInput, 'key')
  const row = await kernel.read((store) => store.readSystemState(key))
  if (row === null) return null
  call.rows = 1
  const value = await kernel.decode(call, row.value, { runId: null, field: 'value' })
  return { key: row.key, value: value as SystemState['value'], updatedAt: new Date(row.updatedAt) }
}

import {
  type ClaimOptions,
  claimOptions,
  type Lease,
  lease as leaseSchema,
  type RenewOptions,
  renewOptions,
} from '../models/claim.js'
import { isLive } from '../rules/lease.js'
import type { MaybePromise } from '../state-store.js'
import { leaseFromRow } from '../store/lease-row.js'
import type { Change } from '../store/unit.js'
import type { Call } from './call.js'
import { check, checkId } from './check.js'
import { writeConditions } from './conditions.js'
import type { Kernel } from './kernel.js'
import type { Committed } from './queue.js'

function given({ lease }: Committed): Lease {
  if (lease === null) throw new TypeError('a claim or renewal gives a lease')
  return leaseFromRow(lease)
}

export async function claimRun(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  optionsInput: ClaimOptions,
): Promise<Lease> {
  const runId = checkId(runIdInput, 'runId')
  const { owner, leaseMs } = check(claimOptions, optionsInput)
  const lease = given(await kernel.commit(runId, [{ kind: 'unclaimed' }], [{ kind: 'claim', owner, leaseMs }]))
  call.rows = 1
  return lease
}

function underLease(kernel: Kernel, input: Lease, change: Change): MaybePromise<Committed> {
  const lease = check(leaseSchema, input, () => ['lease'])
  return kernel.commit(lease.runId, writeConditions(lease.runId, { lease }), [change])
}

export async function renewLease(kernel: Kernel, call: Call, lease: Lease, optionsInput: RenewOptions): Promise<Lease> {
  check(leaseSchema, lease, () => ['lease'])
  const { leaseMs } = check(renewOptions, optionsInput)
  const renewed = given(await underLease(kernel, lease, { kind: 'renew', leaseMs }))
  call.rows = 1
  return renewed
}

export async function releaseLease(kernel: Kernel, call: Call, lease: Lease): Promise<void> {
  await underLease(kernel, lease, { kind: 'release' })
  call.rows = 1
}

export async function getLease(kernel: Kernel, call: Call, runIdInput: string): Promise<Lease | null> {
  const runId = checkId(runIdInput, 'runId')
  const row = await kernel.read((store) => store.readLease(runId))
  const now = await kernel.now()
  if (!isLive(row, now)) return null
  call.rows = 1
  return leaseFromRow(row)
}

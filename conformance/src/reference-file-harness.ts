import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStateBackend, StateBackendError } from '@flujo-state/core'
import { folderStorage } from './folder-storage.js'
import type { FaultKind, Faults, Harness, HarnessEnv } from './harness.js'
import { storeOf } from './reference-file.js'
import type { AccessKind, OnAccess } from './reference-file-disk.js'

const WRITING: readonly AccessKind[] = ['lock', 'write', 'sync', 'rename', 'remove']
/** What fails, and what the operating system says then. Others hold the lock: that is our own error, at once. */
const FAILING: Readonly<Record<FaultKind, { readonly kinds: readonly AccessKind[]; readonly code: string }>> = {
  busy: { kinds: ['lock'], code: 'EBUSY' },
  full: { kinds: ['lock', 'write', 'sync', 'rename'], code: 'ENOSPC' },
  io: { kinds: ['read', ...WRITING], code: 'EIO' },
  readonly: { kinds: WRITING, code: 'EROFS' },
}

interface AccessFaults extends Faults {
  readonly onAccess: OnAccess
}

function accessFaults(): AccessFaults {
  let failing: { readonly kind: FaultKind; left: number } | null = null
  return {
    kinds: Object.keys(FAILING) as FaultKind[],
    failNext(kind, after = 0) {
      failing = { kind, left: after }
    },
    clear() {
      failing = null
    },
    onAccess(access, name) {
      if (failing === null || !FAILING[failing.kind].kinds.includes(access) || failing.left-- > 0) return
      const { code } = FAILING[failing.kind]
      if (failing.kind === 'busy') throw new StateBackendError('BUSY', 'another process holds the lock')
      throw Object.assign(new Error(`${code}: ${access} ${name}`), { code })
    },
  }
}

/** A harness over the reference file store, with every hook; `variant` names a broken store. */
export function referenceFileHarness(name = 'reference file', variant?: string): Harness {
  const faults = new Map<string, AccessFaults>()
  // The storage key alone names the folder, so that another process finds it.
  const parentOf = ({ storageKey }: HarnessEnv) => join(tmpdir(), `flujo-reference-${storageKey}`)
  const folderOf = (env: HarnessEnv) => join(parentOf(env), 'store')
  const faultsOf = ({ storageKey }: HarnessEnv) => {
    const known = faults.get(storageKey) ?? accessFaults()
    faults.set(storageKey, known)
    return known
  }
  const open = async (env: HarnessEnv) => {
    const Store = await storeOf(variant)
    return createStateBackend(new Store(folderOf(env), faultsOf(env)), { clock: env.clock })
  }
  const program = new URL('./reference-file.js', import.meta.url)
  const isSource = import.meta.url.endsWith('.ts')
  return {
    name,
    create: open,
    reopen: open,
    second: open,
    destroy(env) {
      faults.delete(env.storageKey)
      rmSync(parentOf(env), { recursive: true, force: true })
    },
    spawn: {
      module: isSource ? program.href.replace(/js$/, 'ts') : program,
      exportName: 'openReferenceFile',
      args: (env) => ({ folder: folderOf(env), variant }),
      ...(isSource && { execArgv: ['--import', 'tsx'] }),
    },
    storage: (env) => folderStorage(folderOf(env)),
    faults: faultsOf,
  }
}

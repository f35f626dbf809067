import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStateBackend } from '@flujo-state/conformance/vitest'
import { FileBackend } from '../src/index.js'

const open = ({ clock, storageKey }: { clock: () => Date; storageKey: string }) =>
  new FileBackend(folderOf(storageKey), { clock })
const folderOf = (key: string) => join(tmpdir(), `flujo-file-${process.pid}-${key}`)

describeStateBackend({
  name: 'file',
  create: open,
  reopen: open,
  second: open,
  destroy: ({ storageKey }) => rm(folderOf(storageKey), { recursive: true, force: true }),
})

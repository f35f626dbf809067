import { existsSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openFolder, sweep } from '../src/folder.js'
import { Layout, temporaryName } from '../src/layout.js'
import { newIdentity } from '../src/process-identity.js'
import { filesIn, temporaryFolder } from './support/folder.js'

describe('a new folder', () => {
  it('is made by many at once', async () => {
    for (let round = 0; round < 10; round++) {
      const folder = `${temporaryFolder()}/store`
      const opening = Array.from({ length: 6 }, () => openFolder(new Layout(folder), newIdentity(), (work) => work()))
      expect(await Promise.all(opening)).toEqual([true, true, true, true, true, true])
      expect(filesIn(folder).filter((name) => name.startsWith('users'))).toHaveLength(6)
    }
  })
})

describe('sweep', () => {
  it('leaves what one that enters meanwhile is just writing', async () => {
    const layout = new Layout(temporaryFolder())
    const identity = newIdentity()
    await openFolder(layout, identity, (work) => work())
    const other = newIdentity()
    const written = temporaryName(layout.marker, other.token)
    // The other one enters and writes just before the sweeper looks at the store's own folder.
    const looking = new Proxy(layout, {
      get(target, key) {
        if (key === 'root') {
          writeFileSync(target.user(other.token), JSON.stringify(other))
          writeFileSync(written, '{')
        }
        const member: unknown = Reflect.get(target, key, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    await sweep(looking, identity)
    expect(existsSync(written)).toBe(true)
  })

  it('removes what the dead left', async () => {
    const layout = new Layout(temporaryFolder())
    const identity = newIdentity()
    await openFolder(layout, identity, (work) => work())
    const written = temporaryName(layout.marker, newIdentity().token)
    writeFileSync(written, '{')
    await sweep(layout, identity)
    expect(existsSync(written)).toBe(false)
  })
})

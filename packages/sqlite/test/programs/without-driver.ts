// Opens a store where better-sqlite3 is missing (argv[2] 'missing') or its binary is damaged (argv[2] is a folder with a copy
// of the package); prints the error.
import { register } from 'node:module'

const [, , what = ''] = process.argv
const hooks = `
  export async function resolve(specifier, context, next) {
    if (specifier !== 'better-sqlite3') return next(specifier, context)
    if (${JSON.stringify(what)} === 'missing')
      throw Object.assign(new Error("Cannot find package 'better-sqlite3' imported from somewhere"), { code: 'ERR_MODULE_NOT_FOUND' })
    return next(${JSON.stringify(what)} + '/lib/index.js', context)
  }`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
const { SQLiteBackend } = await import('../../src/index.js')
const backend = new SQLiteBackend(':memory:')
await backend.loadState('r').then(
  () => console.log('no error'),
  (error) => console.log(JSON.stringify({ code: error.code, message: error.message })),
)
process.exit(0)

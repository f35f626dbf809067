import { brokenBackend } from '../../../src/broken/broken-backend.js'

/** Finds nothing, and says so in a way that would colour a terminal. */
export const { harness } = brokenBackend('wrong \x1b[31m', 'it finds nothing', ['STA-01'], () => ({
  loadState: () => Promise.reject(new Error('\x1b]0;owned\x07<b>"&]]>\u202e')),
}))

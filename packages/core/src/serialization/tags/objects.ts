import { expectKeys, malformed, refuseExtraKeys, type Tag } from './tag.js'

/** An ISO time, with a sign and six digits for years outside 0 to 9999; null for an invalid date. */
export const dateTag: Tag = {
  name: 'Date',
  builtins: ['Date'],
  encode(value) {
    refuseExtraKeys(value)
    const time = Date.prototype.getTime.call(value)
    return Number.isNaN(time) ? null : new Date(time).toISOString()
  },
  decode(payload) {
    if (payload === null) return new Date(Number.NaN)
    const date = new Date(typeof payload === 'string' ? payload : Number.NaN)
    if (Number.isNaN(date.getTime()) || date.toISOString() !== payload) return malformed('an ISO time or null')
    return date
  },
}

/** `lastIndex` is an ordinary property: it holds whatever was assigned to it. */
export const regExpTag: Tag = {
  name: 'RegExp',
  builtins: ['RegExp'],
  encode(value) {
    refuseExtraKeys(value, 'lastIndex')
    const { source, flags, lastIndex } = value as RegExp
    return { source, flags, lastIndex }
  },
  decode(payload) {
    const { source, flags, lastIndex } = expectKeys(payload, 'source', 'flags', 'lastIndex')
    if (typeof source !== 'string' || typeof flags !== 'string') return malformed('source and flags as texts')
    const regExp = new RegExp(source, flags)
    if (regExp.source !== source || regExp.flags !== flags) return malformed('source and flags as RegExp gives them')
    regExp.lastIndex = lastIndex as number
    return regExp
  },
}

export const urlTag: Tag = {
  name: 'URL',
  builtins: ['URL'],
  encode(value) {
    refuseExtraKeys(value)
    const { href } = value as URL
    return new URL(href).href === href ? href : malformed('a URL that can be parsed again')
  },
  decode(payload) {
    if (typeof payload !== 'string' || new URL(payload).href !== payload) return malformed('a URL as it gives itself')
    return new URL(payload)
  },
}

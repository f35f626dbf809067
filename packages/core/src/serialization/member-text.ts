/**
 * Finding objects by members without reading their texts. Only for texts of `createCodec`: a primitive that JSON has stands in
 * them as `JSON.stringify` writes it, and everything else (also `-0`, which equals 0) as a tag.
 */
import { plainText } from './plain.js'
import { TAG_KEY } from './tags/tag.js'

/** A member that an object must have, in texts of the default codec. */
export interface MemberText {
  readonly key: string
  readonly value: string
  /** The text of the object has one of these in it: `"key":value`, or the begin of a tag where that may be equal. */
  readonly texts: readonly string[]
}

/** What the text of an object begins with that is written as a tag itself. */
export const TAG_BEGIN = `{"${TAG_KEY}"`

/** The members of an object that are primitives of JSON. */
export function memberTexts(object: Readonly<Record<string, unknown>>): MemberText[] {
  return Object.entries(object).flatMap(([key, member]) => {
    const value = typeof member === 'object' && member !== null ? null : plainText(member)
    if (value === null) return []
    const begin = `${JSON.stringify(key)}:`
    const plain = begin + value
    return { key, value, texts: member === 0 ? [plain, begin + TAG_BEGIN] : [plain] }
  })
}

/** Whether the text may be that of an object with equal members. If not, it surely is not. */
export function mayHaveMembers(text: string, members: readonly MemberText[]): boolean {
  const has = ({ texts }: MemberText) => texts.some((each) => text.includes(each))
  // No object, so it is the text of another codec: whoever reads it says so.
  return members.every(has) || text.startsWith(TAG_BEGIN) || !text.startsWith('{')
}

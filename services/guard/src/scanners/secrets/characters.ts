/** Classes of ASCII characters, 1 for a member. */

const table = (members: string): Uint8Array => {
  const made = new Uint8Array(128)
  for (const member of members) made[member.charCodeAt(0)] = 1
  return made
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const digits = '0123456789'
const visible = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)).join('')

const without = (left: string): Uint8Array =>
  table(
    Array.from(visible)
      .filter(each => !left.includes(each))
      .join(''),
  )

/** What names are made of. */
export const nameCharacters = table(`${letters}${digits}_.-`)
/** What keys and tokens are made of. */
export const keyCharacters = without('"\'`<>(){}[],;&\\')
/** Almost anything is in a password. */
export const passwordCharacters = without('"\'`<>')
/** What a URL has before its path. */
export const authorityCharacters = without('"\'`<>/\\?')

export const isWhite = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0
export const isQuote = (code: number): boolean => code === 0x22 || code === 0x27 || code === 0x60
export const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a
export const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a
export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
export const isLetter = (code: number): boolean => isLower(code | 0x20)
export const isWordCharacter = (code: number): boolean => isLetter(code) || isDigit(code) || code === 0x5f

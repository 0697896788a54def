/** What a character can be for addresses in running text; one look-up per UTF-16 unit. */

/** Part of a token, but of no host name. */
export const other = 0
/** May be in a host name: letters, digits, hyphen, dot, underscore, letters beyond ASCII, invisible characters. */
export const inHost = 1
/** White space, and what no address has in it. */
export const separator = 2
/** Letters of scripts without spaces between words: where one follows an address, the address is over. */
export const unspaced = 3

const unspacedRanges = [
  [0x0e_00, 0x0e_ff], // Thai, Lao
  [0x10_00, 0x10_9f], // Burmese
  [0x11_00, 0x11_ff], // Hangul: has spaces, but its particles follow an address without one
  [0x17_80, 0x17_ff], // Khmer
  [0x2e_80, 0x2f_df],
  [0x30_05, 0x30_07],
  [0x30_31, 0x31_ff],
  [0x34_00, 0x4d_bf],
  [0x4e_00, 0x9f_ff],
  [0xa9_60, 0xa9_7f],
  [0xac_00, 0xd7_ff],
  [0xf9_00, 0xfa_ff],
  [0xff_66, 0xff_dc],
] as const

const notInHosts = /[\s"<>`\u00AB\u00BB\u060C\u061B\u061F\u2012-\u2015\u2018-\u201F\u2026\u2028-\u202E\u2039\u203A]/u
const wideSeparators =
  /[\u3000-\u3003\u3008-\u3011\u3014-\u301F\uFF01\uFF02\uFF08\uFF09\uFF0C\uFF1B\uFF1F\uFF62-\uFF64]/u

const kindOf = (code: number): number => {
  const character = String.fromCharCode(code)
  if (code < 0x80) return /[\w.-]/.test(character) ? inHost : notInHosts.test(character) ? separator : other
  if (unspacedRanges.some(([first, last]) => code >= first && code <= last)) return unspaced
  if (notInHosts.test(character) && code !== 0xfe_ff) return separator
  // The ideographic full stop is a dot of host names as well: `segments.ts` tells.
  if (code === 0x30_02 || code === 0xff_61) return unspaced
  if (wideSeparators.test(character)) return separator
  return /[\p{L}\p{M}\p{N}\p{Cf}\uFF0E\uFF0D]/u.test(character) || code === 0x00_b7 ? inHost : other
}

export const kinds = Uint8Array.from({ length: 0x1_00_00 }, (_, code) => kindOf(code))

export const kindAt = (text: string, at: number): number => kinds[text.charCodeAt(at)] as number

export const isAlphanumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code > 0x7f

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

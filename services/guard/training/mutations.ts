import { inTheMiddle } from './documents.ts'

/** How a text is hidden from a scanner. Undefined, or the text as it was: it makes no sense for this one. */
export type Mutation = (text: string, lang: string) => string | undefined

const mapped =
  (from: string, to: string): Mutation =>
  text => {
    const other = new Map(Array.from(from, (character, index) => [character, Array.from(to)[index] ?? character]))
    return Array.from(text, character => other.get(character) ?? character).join('')
  }

const between =
  (separator: string, betweenWords: string): Mutation =>
  text =>
    text
      .split(/\s+/u)
      .map(word => Array.from(word).join(separator))
      .join(betweenWords)

const shifted = (text: string, by: number): string =>
  text.replaceAll(/[!-~]/g, character => String.fromCodePoint((character.codePointAt(0) as number) + by))

const tagsFrom = 0xe_00_00
const fullWidthFrom = 0xfe_e0

/** One per column of the report. */
export const mutations = {
  spaced: between(' ', '   '),
  zeroWidth: between('\u200B', ' '),
  homoglyphs: mapped('aceopxyiAEOPCTXHKM', 'асеорхуіАЕОРСТХНКМ'),
  fullWidth: text => shifted(text, fullWidthFrom),
  leet: mapped('aeiostAEIOST', '431057431057'),
  upper: text => text.toUpperCase(),
  base64: text => Buffer.from(text).toString('base64'),
  tags: text =>
    /^[ -~\n]*$/.test(text) ? `Hello! ${shifted(text, tagsFrom).replaceAll(' ', '\u{E0020}')}` : undefined,
  middle: (text, lang) => inTheMiddle(text, lang),
  defanged: text => text.replace(/^http/i, 'hxxp').replaceAll('.', '[.]'),
  quoted: text => `value = "${text}"`,
  fenced: text => (text.includes('```') ? undefined : `\`\`\`\n${text}\n\`\`\``),
  apostrophe: mapped("'’", "’'"),
} as const satisfies Record<string, Mutation>

export type MutationName = keyof typeof mutations

import { createRewriter, type Reading } from './offsets.ts'

/** In characters, so that a long row counts as often as it has escapes. */
const escapedCharsMin = 9

/** `%69`, `\x69`, `\u0069`, `\u{69}`, `&#105;`, `&#x69;`; several in a row, as one character may need them. */
const escapes =
  /(?:%[0-9A-Fa-f]{2})+|(?:\\x[0-9A-Fa-f]{2})+|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|&#[0-9]{1,7};|&#[xX][0-9A-Fa-f]{1,6};/g

/** `step` characters for each byte, the last two of them its digits. What is not UTF-8 is left out. */
const decodedBytes = (row: string, step: number): string => {
  const bytes = Buffer.alloc(row.length / step)
  for (let at = 0; at < bytes.length; at += 1) {
    const end = (at + 1) * step
    bytes[at] = Number.parseInt(row.slice(end - 2, end), 16)
  }
  return bytes.toString().replaceAll('\uFFFD', '')
}

const decoded = (row: string): string | undefined => {
  if (row.startsWith('%')) return decodedBytes(row, 3)
  if (row.startsWith('\\x')) return decodedBytes(row, 4)
  const digits = row.replaceAll(/[^0-9A-Fa-f]/g, '')
  const point = Number.parseInt(digits, /[ux]/i.test(row) ? 16 : 10)
  return point <= 0x10_ff_ff ? String.fromCodePoint(point) : undefined
}

/** The text with its escapes decoded where they stand, if there are several. */
export const withoutEscapes = (text: string): Reading | undefined => {
  const rewriter = createRewriter(text)
  let found = 0
  for (const match of text.matchAll(escapes)) {
    const part = decoded(match[0])
    if (part === undefined) continue
    rewriter.replace(match.index, match.index + match[0].length, part)
    found += match[0].length
  }
  return found >= escapedCharsMin ? rewriter.finish() : undefined
}

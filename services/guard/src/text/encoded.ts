import { createRewriter, type Reading } from './offsets.ts'
import { isReadable } from './readable-text.ts'

type Encoding = 'base64' | 'hex'

const runsMax = 16
/** Of what is decoded from one run. */
const decodedCharsMax = 4096

interface Piece {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** From 12 characters on: of names that long, 1 in 10,000 is readable by chance. Lines are one run; `=` only ends one. */
const runs = /[A-Za-z0-9+/_-]{12,}(?:\r?\n[A-Za-z0-9+/_-]{12,})*={0,6}/g
/** `69 67 6e`, `69:67:6e`, `0x69, 0x67`. */
const pairs = /(?:0x)?[0-9A-Fa-f]{2}(?:[ :,-]{1,2}(?:0x)?[0-9A-Fa-f]{2}){5,}/g

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const fromBase32 = (run: string): Buffer => {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const char of run) {
    held = ((held << 5) | base32Alphabet.indexOf(char)) & 0xf_ff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((held >> bits) & 0xff)
    }
  }
  return Buffer.from(bytes)
}

/** Cut to what is decoded, and the character that the cut went through is dropped. */
const readableIn = (bytes: Buffer): string | undefined => {
  const text = bytes.toString().replace(/\uFFFD$/, '')
  return isReadable(text) ? text : undefined
}

const decodings: readonly (readonly [Encoding, RegExp, (run: string) => Buffer])[] = [
  ['hex', /^(?:[0-9A-Fa-f]{2})+$/, run => Buffer.from(run.slice(0, 2 * decodedCharsMax), 'hex')],
  ['base64', /^[A-Z2-7]+$/, run => fromBase32(run.slice(0, (decodedCharsMax / 5) * 8))],
  ['base64', /^/, run => Buffer.from(run.slice(0, (decodedCharsMax / 3) * 4), 'base64')],
]

const decode = (run: string): readonly [Encoding, string] | undefined => {
  for (const [encoding, alphabet, bytesOf] of decodings) {
    if (!alphabet.test(run)) continue
    const text = readableIn(bytesOf(run))
    if (text !== undefined) return [encoding, text]
  }
  return undefined
}

const onlyPieces = (text: string, pieces: readonly Piece[]): Reading | undefined => {
  const rewriter = createRewriter(text)
  let end = 0
  for (const piece of pieces) {
    rewriter.replace(end, piece.start, '')
    rewriter.replace(piece.start, piece.end, end === 0 ? piece.text : `\n${piece.text}`)
    end = piece.end
  }
  rewriter.replace(end, text.length, '')
  return end > 0 ? rewriter.finish() : undefined
}

/** What is written in base64, base32 or hexadecimal digits, by encoding; an extract of it comes from the whole run. */
export const decodedText = (text: string): readonly (readonly [Encoding, Reading])[] => {
  const found: Record<Encoding, Piece[]> = { base64: [], hex: [] }
  const size = (): number => found.base64.length + found.hex.length
  for (const match of text.matchAll(pairs)) {
    if (size() === runsMax) break
    const part = readableIn(
      Buffer.from(match[0].slice(0, 6 * decodedCharsMax).replaceAll(/0x|[^0-9A-Fa-f]/g, ''), 'hex'),
    )
    if (part !== undefined) found.hex.push({ start: match.index, end: match.index + match[0].length, text: part })
  }
  const pairsEnd = found.hex.length
  for (const match of text.matchAll(runs)) {
    if (size() === runsMax) break
    const decoded = decode(match[0].replaceAll(/[\r\n=]/g, ''))
    if (decoded) found[decoded[0]].push({ start: match.index, end: match.index + match[0].length, text: decoded[1] })
  }
  if (pairsEnd > 0) found.hex.sort((one, other) => one.start - other.start)
  const readings = (['base64', 'hex'] as const).map(encoding => [encoding, onlyPieces(text, found[encoding])] as const)
  return readings.filter((it): it is readonly [Encoding, Reading] => it[1] !== undefined)
}

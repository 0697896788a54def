/** What the stand-in says: pure functions of a seed, so that a test can check any output byte for byte. */

const spaced = `the river carries a small boat past quiet hills and every morning somebody counts the sheep before they cross it
  again without hurry light falls on stone walls while bread cools near an open window – café naïve Größe đường мост стадо الطريق
  "quoted" 5 < 7 & 9 다리 양떼`
const unspaced = ', . 河流 牧羊人 数据 こんにちは 道 🙂 🐑 👩‍🌾 🇯🇵'

/** Ordinary words with their leading space, and text whose characters are two to eleven bytes long and must survive any split. */
const vocabulary: readonly string[] = [...spaced.split(/\s+/).map(word => ` ${word}`), ...unspaced.split(' '), '.\n']

/** 32 well-mixed bits of a seed and an index. */
const mix = (seed: number, index: number): number => {
  // Both halves of a seed above 2^32 count.
  const folded = seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x27d4eb2f)
  let bits = Math.imul(folded ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** The seed of a request that sets none: FNV-1a of the last user message. */
export const seedOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Token number `index` (from 0) of the answer for a seed; never empty. */
export const token = (seed: number, index: number): string => {
  const word = vocabulary[mix(seed, index) % vocabulary.length]!
  return index === 0 ? word.trimStart() : word
}

export const answer = (seed: number, count: number): string =>
  Array.from({ length: count }, (_, index) => token(seed, index)).join('')

const thinkingSeed = (seed: number): number => seed ^ 0x5bd1e995

/** What a thinking request says before its answer. */
export const thinkingTokens = (seed: number): string[] =>
  Array.from({ length: 4 }, (_, index) => token(thinkingSeed(seed), index))

/** Cuts a text into pieces of one to four characters (code points). */
export const echoPieces = (seed: number, text: string): string[] => {
  const characters = Array.from(text)
  const pieces: string[] = []
  for (let at = 0; at < characters.length;) {
    const size = 1 + (mix(seed, pieces.length) % 4)
    pieces.push(characters.slice(at, at + size).join(''))
    at += size
  }
  return pieces
}

/** Tokens of a text that was not generated here: its words. */
export const wordCount = (text: string): number => text.match(/\S+/g)?.length ?? 0

/** A unit vector for a text, as /api/embed returns: float32 precision. */
export const embedding = (text: string, dimensions: number): number[] => {
  const seed = seedOf(text)
  const raw = Array.from({ length: dimensions }, (_, index) => mix(seed, index) / 2 ** 31 - 1)
  const length = Math.hypot(...raw) || 1
  return raw.map(value => Number((value / length).toPrecision(7)))
}

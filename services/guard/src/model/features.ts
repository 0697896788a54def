/**
 * What a linear model sees of a text: n-grams of characters and of words, hashed into buckets. Written once for the
 * trainer and the scanners. Nothing is allocated per text.
 */

export interface FeatureSpec {
  /** There are 2^bits buckets. */
  readonly bits: number
  /** Shortest and longest n-gram of characters; they go across words. */
  readonly chars: readonly [min: number, max: number]
  /** Longest n-gram of words; 0 for none. A character of Chinese or Japanese is a word. */
  readonly words: number
  /** A longer text is judged by its windows of this length, and the highest counts (`LinearModel.scoreWindows`). */
  readonly windowChars: number
  /** What a named feature counts, where an n-gram counts 1 / √(number of n-grams); 0.25 if absent. */
  readonly markValue?: number
}

export const markValueOf = (spec: FeatureSpec): number => spec.markValue ?? 0.25

/** What is read of a text in one go. */
export const featureCharsMax = 16_384

const other = 0
const inWord = 1
const space = 2
const wordByItself = 3

const classes = ((): Uint8Array => {
  const table = new Uint8Array(0x1_00_00)
  for (let code = 0; code < table.length; code += 1) {
    const character = String.fromCharCode(code)
    if (/\s/u.test(character)) table[code] = space
    else if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(character)) table[code] = wordByItself
    else if (/[\p{L}\p{N}\p{M}\p{Cs}_]/u.test(character)) table[code] = inWord
    else table[code] = other
  }
  return table
})()

const charSeed = 0x2c_1b_3c_6d
const wordSeed = 0x29_7a_2d_39
const markSeed = 0x1b_56_c4_e9
const prime = 0x9e_37_79_b1
const wordPrime = 0x85_eb_ca_6b

const zero = 0x30
const nine = 0x39
const blank = 0x20

/** The bucket of a named feature that is no n-gram. */
export const markBucket = (name: string, bits: number): number => {
  let hash = markSeed
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), prime)
  return hash >>> (32 - bits)
}

/** A character counts three times in a row at most: its repetition is worth nothing more, and must not drown the rest. */
const isLonger = (codes: Uint16Array, length: number, code: number): boolean =>
  length >= 3 && codes[length - 1] === code && codes[length - 2] === code && codes[length - 3] === code

export class Features {
  readonly spec: FeatureSpec
  /** The first `count` are of the text that was read last, in the order of where they begin. */
  readonly buckets: Int32Array
  /** Where in the text each begins. */
  readonly offsets: Int32Array
  count = 0

  /** The text with one blank for any white space, and 0 for any digit. */
  readonly #codes = new Uint16Array(featureCharsMax + 2)
  readonly #positions = new Int32Array(featureCharsMax + 2)
  readonly #wordStarts = new Int32Array(featureCharsMax + 2)
  readonly #wordHashes = new Int32Array(featureCharsMax + 2)
  #length = 0

  constructor(spec: FeatureSpec) {
    this.spec = spec
    const perChar = spec.chars[1] - spec.chars[0] + 1 + spec.words
    this.buckets = new Int32Array((featureCharsMax + 2) * perChar)
    this.offsets = new Int32Array((featureCharsMax + 2) * perChar)
  }

  /** Reads `folded` from `start` to `end`, of which at most `featureCharsMax` characters. */
  read(folded: string, start = 0, end = folded.length): void {
    const words = this.#normalise(folded, start, Math.min(end, start + featureCharsMax))
    this.#hash(words)
  }

  /** Of the first n-gram that begins there or later. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.offsets[middle] as number) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Returns the number of words. */
  #normalise(folded: string, start: number, end: number): number {
    const [codes, positions] = [this.#codes, this.#positions]
    let [length, words, hash] = [1, 0, wordSeed]
    let [open, blankBefore] = [false, true]
    codes[0] = blank
    positions[0] = start
    for (let at = start; at < end; at += 1) {
      let code = folded.charCodeAt(at)
      const kind = classes[code] as number
      if (kind !== inWord && open) {
        this.#wordHashes[words++] = hash
        open = false
      }
      if (kind === space) {
        if (blankBefore) continue
        code = blank
      } else if (kind === inWord) {
        if (code >= zero && code <= nine) code = zero
        if (isLonger(codes, length, code)) continue
        if (!open) {
          hash = wordSeed
          this.#wordStarts[words] = length
          open = true
        }
        hash = Math.imul(hash ^ code, prime)
      } else if (kind === wordByItself) {
        if (isLonger(codes, length, code)) continue
        this.#wordStarts[words] = length
        this.#wordHashes[words++] = Math.imul(wordSeed ^ code, prime)
      } else if (isLonger(codes, length, code)) continue
      blankBefore = code === blank
      codes[length] = code
      positions[length] = at
      length += 1
    }
    if (open) this.#wordHashes[words++] = hash
    if (!blankBefore) {
      codes[length] = blank
      positions[length] = end
      length += 1
    }
    this.#length = length
    this.#wordStarts[words] = -1
    return words
  }

  #hash(words: number): void {
    const codes = this.#codes
    const { buckets, offsets } = this
    const [min, max] = this.spec.chars
    const wordsMax = this.spec.words
    const shift = 32 - this.spec.bits
    const length = this.#length
    let count = 0
    let word = 0
    for (let from = 0; from < length; from += 1) {
      const position = this.#positions[from] as number
      let hash = charSeed
      const last = Math.min(max, length - from)
      for (let n = 1; n <= last; n += 1) {
        hash = Math.imul(hash ^ (codes[from + n - 1] as number), prime)
        if (n < min) continue
        offsets[count] = position
        buckets[count++] = hash >>> shift
      }
      if (this.#wordStarts[word] !== from) continue
      hash = 0
      const lastWord = Math.min(words, word + wordsMax)
      for (let each = word; each < lastWord; each += 1) {
        hash = Math.imul(hash ^ (this.#wordHashes[each] as number), wordPrime)
        offsets[count] = position
        buckets[count++] = hash >>> shift
      }
      word += 1
    }
    this.count = count
  }
}

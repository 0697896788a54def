import * as character from './characters.ts'
import * as mirror from './mirrored.ts'

/** By local names: under vitest, each use of an imported one is a call, which a loop over a megabyte feels. */
const {
  alphabetic,
  ascii,
  carrier,
  classAt,
  classOf,
  compatible,
  digit,
  escape,
  hexDigit,
  invisible,
  joins,
  latin,
  leetSymbol,
  letter,
  lookAlike,
  partOfWord,
  surrogate,
  upper,
  widthAt,
} = character
const { hashOn, hashSeed, mirroring } = mirror

/** What there is to see of a text in one pass: enough to know which other readings are worth a look. */
export interface Signs {
  /** Something invisible, or that reads as other characters: the normal form differs. */
  readonly unusual: boolean
  /** Marks and other characters that join the one before: the normal form may differ. */
  readonly joined: boolean
  /** Tags or variation selectors, other than the single one after an emoji. */
  readonly hidden: boolean
  /** Letters of two alphabets in one word. */
  readonly mixed: boolean
  /** Four letters that stand alone, one after the other. */
  readonly spaced: boolean
  /** Two words with digits among their letters. */
  readonly leet: boolean
  /** A long word of letters as bytes are written in, or a row of pairs of hexadecimal digits. */
  readonly encoded: boolean
  readonly escaped: boolean
  /** `isReversed` and `isRotated` of the words found. */
  readonly mirrored: number
}

const singlesMin = 4
const leetWordsMin = 2
const pairsMin = 6
const escapesMin = 3
const mirroredCharsMin = 5
const encodedCharsMin = 8

const isLowSurrogate = (code: number): boolean => code >= 0xdc_00 && code <= 0xdf_ff

/** Bytes as letters have digits and capitals among them; long words have neither. */
const mayBeEncoded = (length: number, any: number, all: number): boolean => {
  if (!(all & ascii) || length < encodedCharsMin) return false
  if (any & digit) return (any & upper) !== 0 || length >= 2 * encodedCharsMin
  return (any & upper) !== 0 && length >= 3 * encodedCharsMin
}

/** `69` or `0x69`. */
const isBytePair = (length: number, any: number, all: number): boolean =>
  (length === 2 && (all & hexDigit) !== 0) || (length === 4 && (all & ascii) !== 0 && (any & digit) !== 0)

/** What the words of a text add up to. */
const createWordSigns = () => {
  let mixed = false
  let encoded = false
  let mirrored = 0
  let singles = 0
  let singlesMost = 0
  let pairs = 0
  let leet = 0
  return {
    /** The end of a word: its length, all bits of its characters, the bits they share, its hash. */
    add(chars: number, any: number, all: number, hash: number): void {
      if (chars === 1) {
        if (any & letter && ++singles > singlesMost) singlesMost = singles
      } else {
        singles = 0
        if (chars >= mirroredCharsMin) {
          mirrored |= mirroring(hash)
          encoded ||= mayBeEncoded(chars, any, all)
        }
        if (any & latin && any & (digit | leetSymbol)) leet += 1
        if (any & lookAlike || (any & latin && any & alphabetic)) mixed = true
      }
      if (isBytePair(chars, any, all)) pairs += 1
      else if (pairs < pairsMin) pairs = 0
    },
    all: () => ({
      mixed,
      mirrored,
      spaced: singlesMost >= singlesMin,
      leet: leet >= leetWordsMin,
      encoded: encoded || pairs >= pairsMin,
    }),
  }
}

/** 5 ns a character: no substrings, no regular expressions, one look into a table. */
export const signsOf = (text: string): Signs => {
  const words = createWordSigns()
  let seen = 0
  let hidden = false
  let escapes = 0
  let carrierAt = -2
  // Of the word that is being read:
  let chars = 0
  let any = 0
  let all = -1
  let hash = hashSeed

  for (let at = 0; at <= text.length; at += 1) {
    let kind = 0
    if (at < text.length) {
      kind = classOf(text.charCodeAt(at))
      if (kind & surrogate) {
        kind = classAt(text, at)
        at += widthAt(text, at) - 1
      }
    }
    seen |= kind
    if (kind & (escape | carrier)) {
      if (kind & escape) escapes += 1
      else hidden ||= isLowSurrogate(text.charCodeAt(at)) || at === carrierAt + 1
      if (kind & carrier) carrierAt = at
    }
    if (kind & partOfWord) {
      any |= kind
      all &= kind
      if (!(kind & joins)) chars += 1
      hash = hashOn(hash, text.charCodeAt(at))
    } else if (chars > 0) {
      words.add(chars, any, all, hash)
      chars = 0
      any = 0
      all = -1
      hash = hashSeed
    }
  }
  return {
    ...words.all(),
    unusual: (seen & (invisible | compatible)) !== 0,
    joined: (seen & joins) !== 0,
    hidden,
    escaped: escapes >= escapesMin,
  }
}

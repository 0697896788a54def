import { blank, Cursor, digit, isWordClass, lower, newline, symbol, upper } from './cursor.ts'
import type { Reading } from './formulas.ts'
import { readNumber, readOperator } from './readings.ts'
import { keywordTokens, tokens } from './tokens.ts'
import { made, wordToken } from './words.ts'

/**
 * A line or a few as the sequence of its tokens, one character each: what kind of word, which operator, what is glued to
 * what, where lines begin. It says of any language how much it looks like code, whatever its names are.
 */
interface Shape {
  readonly text: string
  /** Tokens that plain prose does not have. Without any there is nothing to judge. */
  readonly signs: number
}

/** Tokens of one shape; the text after that is not looked at. */
const tokensMax = 2_048

const apostrophe = 0x27
const underscore = 0x5f
const hyphen = 0x2d
const dot = 0x2e
const colon = 0x3a

class Shaper {
  readonly #cursor = new Cursor()
  readonly #codes = new Uint16Array(tokensMax + 8)
  #length = 0
  #signs = 0
  /** Where in the shape the line begins, after its indentation and bullet. */
  #lineFrom = 0

  shape(text: string, startsLine: boolean): Shape {
    const cursor = this.#cursor
    cursor.text = text
    cursor.at = 0
    cursor.unclosed = 0
    this.#length = 0
    this.#signs = 0
    if (startsLine) this.#beginLine()
    else this.#continueLine()
    while (cursor.at < text.length && this.#length < tokensMax) this.#token()
    return { text: String.fromCharCode(...this.#codes.subarray(0, this.#length)), signs: this.#signs }
  }

  #put(token: number, signs = 0): void {
    this.#codes[this.#length++] = token
    this.#signs += signs
    this.#cursor.begun = true
  }

  #continueLine(): void {
    this.#lineFrom = -1
    this.#put(tokens.continued)
    this.#cursor.commanding = false
  }

  #beginLine(): void {
    const cursor = this.#cursor
    this.#codes[this.#length++] = tokens.lineStart
    let width = 0
    for (; cursor.kind(cursor.at) === blank; cursor.at += 1) width += cursor.code(cursor.at) === 0x09 ? 4 : 1
    if (width >= 2) this.#codes[this.#length++] = width >= 8 ? tokens.deepIndent : tokens.indent
    cursor.begun = false
    cursor.commanding = !this.#bullet()
    this.#lineFrom = this.#length
  }

  /** `- `, `* `, `• `, `> `, `1. `, `2) `: the marks of lists. Whether it is one of a number. */
  #bullet(): boolean {
    const cursor = this.#cursor
    const from = cursor.at
    if (bullets.has(cursor.code(from)) && cursor.kind(from + 1) === blank) {
      this.#codes[this.#length++] = tokens.bullet
      cursor.at += 2
      return false
    }
    let at = from
    while (cursor.kind(at) === digit && at < from + 3) at += 1
    const mark = cursor.code(at)
    if (at === from || (mark !== dot && mark !== 0x29) || cursor.kind(at + 1) !== blank) return false
    this.#codes[this.#length++] = tokens.numbering
    cursor.at = at + 2
    return true
  }

  #token(): void {
    const cursor = this.#cursor
    const kind = cursor.kind(cursor.at)
    if (kind === newline) {
      cursor.at += 1
      this.#beginLine()
    } else if (kind === blank) this.#blank()
    else if (kind === digit) this.#read(readNumber(cursor, cursor.at))
    else if (isWordClass(kind) || cursor.code(cursor.at) === underscore) this.#word()
    else if (kind === symbol) this.#symbol()
    else this.#operator()
  }

  #read({ token, end, signs }: Reading): void {
    this.#cursor.at = end
    this.#put(token, signs)
    this.#cursor.commanding = false
  }

  /** Told only next to what is no word: words are apart anyway. */
  #blank(): void {
    const cursor = this.#cursor
    const isAfterWord = cursor.at > 0 && cursor.isWord(cursor.at - 1)
    while (cursor.kind(cursor.at) === blank) cursor.at += 1
    if (!isAfterWord || !cursor.isWord(cursor.at)) this.#put(0x20)
  }

  #symbol(): void {
    const code = this.#cursor.code(this.#cursor.at)
    this.#cursor.at += 1
    // Technical symbols, APL's among them.
    if (code >= 0x2336 && code <= 0x237a) this.#put(tokens.technical, 1)
    else if (this.#codes[this.#length - 1] !== tokens.symbol) this.#put(tokens.symbol)
  }

  #word(): void {
    const cursor = this.#cursor
    const start = cursor.at
    let bits = 0
    let at = start
    for (; ; at += 1) {
      const kind = cursor.kind(at)
      const code = cursor.code(at)
      if (isWordClass(kind)) {
        bits |= 1 << kind
        if (kind === upper && at > start && cursor.kind(at - 1) === lower) bits |= made.hump
      } else if (code === underscore) bits |= made.underscore
      else if (code === apostrophe && cursor.isWord(at + 1) && cursor.isLetter(at - 1)) continue
      else if (code === hyphen && cursor.isLetter(at + 1) && cursor.isLetter(at - 1)) bits |= made.hyphen
      else break
    }
    cursor.at = at
    const place = { commanding: cursor.commanding, first: !cursor.begun }
    const token = wordToken(cursor.text, start, at, bits, place)
    this.#put(token >> 1, token & 1)
    cursor.commanding = false
  }

  #operator(): void {
    const cursor = this.#cursor
    const read = readOperator(cursor, cursor.at)
    if (read) return this.#read(read)
    const code = cursor.code(cursor.at)
    const before = cursor.at - 1
    const glued = before >= 0 && (cursor.isWord(before) || cursor.code(before) === underscore)
    cursor.at += 1
    this.#plain(code, glued)
    cursor.commanding = leadsToCommand.has(code)
  }

  #plain(code: number, glued: boolean): void {
    const cursor = this.#cursor
    const isKey = code === colon && this.#isKey
    const end = cursor.kind(cursor.at) === newline ? ends.get(code) : undefined
    if (end !== undefined) this.#put(end, code === dot || (code === colon && !isKey) ? 0 : 1)
    else if (isKey) this.#put(tokens.keyColon, 1)
    else if (code === 0x28 && glued) this.#put(tokens.callOpen, 1)
    else if (code === 0x28 && !cursor.begun) this.#put(code, cursor.isLetter(cursor.at) ? 1 : 0)
    else if (code === 0x5b && glued) this.#put(tokens.indexOpen, 1)
    else if (code === dot && glued && cursor.isWord(cursor.at)) this.#put(tokens.dotBetween, 1)
    else this.#put(code, harmless.has(code) ? 0 : 1)
  }

  /** A line that has one word so far, in lower case: `name: value` of a configuration. */
  get #isKey(): boolean {
    if (this.#length !== this.#lineFrom + 1) return false
    const first = this.#codes[this.#lineFrom] as number
    return keys.has(first) || (first >= keywordTokens.lower && first < keywordTokens.capital)
  }
}

const codesOf = (text: string): ReadonlySet<number> => new Set(Array.from(text, each => each.charCodeAt(0)))

const bullets = codesOf('-*•>')

/** Operators that prose is full of. */
const harmless = codesOf(` .,:!?"'()-`)

/** A pipe, `&&`, `;`, a prompt, `$(`. */
const leadsToCommand = codesOf('|&;$(')

/** Tokens at the end of a line. */
const ends: ReadonlyMap<number, number> = new Map([
  [colon, tokens.endColon],
  [0x3b, tokens.endSemicolon],
  [0x7b, tokens.endBrace],
  [dot, tokens.endStop],
])

/** What keys of configurations are. */
const keys: ReadonlySet<number> = new Set([
  tokens.word,
  tokens.kebab,
  tokens.snake,
  tokens.camel,
  tokens.codeWord,
  tokens.withDigits,
  tokens.letter,
  tokens.command,
  tokens.plainCommand,
  tokens.string,
])

const shaper = new Shaper()

/** Linear. `startsLine`: false for what is in the middle of a line. */
export const shapeOf = (text: string, startsLine = true): Shape => shaper.shape(text, startsLine)

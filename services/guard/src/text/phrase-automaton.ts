/** Where any of many phrases occur in a text, in one pass (Aho-Corasick), whatever their number. */

/** `*` at either end: the word may go on. */
export interface Phrase {
  readonly text: string
  /** Of a language whose script doesn't separate words: characters of such a script need no edge. */
  readonly anywhere: boolean
}

export interface PhraseVisitor {
  /** Asked first: where a phrase begins takes longer to find out than that it ends. */
  wants(phrase: number): boolean
  /** Called for each occurrence that is wanted, in the order of their ends. */
  found(phrase: number, start: number, end: number): void
}

/** A longer gap ends a phrase: what lets a match be traced back in bounded time. */
const gapCharsMax = 64
const space = 1
const openLeft = 1
const openRight = 2

const isGap = (code: number): boolean =>
  code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0x2d || code === 0x5f || code === 0xa0 || code === 0x3000

let wordTable: Uint8Array | undefined

/** Characters of words, by whether spaces separate these; 0 for others. Half of a surrogate pair is none. */
const separated = 1
const joined = 2

const wordCharacters = (): Uint8Array => {
  if (wordTable) return wordTable
  const table = new Uint8Array(0x10000)
  const ofWords = /[\p{L}\p{N}\p{M}]/u
  const ofJoined = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}]/u
  for (let code = 0; code < table.length; code++) {
    const character = String.fromCharCode(code)
    if (ofWords.test(character)) table[code] = ofJoined.test(character) ? joined : separated
  }
  return (wordTable = table)
}

/**
 * Runs of white space, hyphens and underscores count as one space, ’ as '. Transitions are one open hash table of
 * (state, class of character): 120,000 states over 1,900 classes would need 900 MB as a full table.
 */
export class PhraseAutomaton {
  /** Class of each UTF-16 code; 0 occurs in no phrase. */
  readonly #classes = new Uint16Array(0x10000)
  #classCount = 2
  #keys: Float64Array
  #targets: Int32Array
  #mask: number
  #root: Int32Array = new Int32Array(0)
  #fail: Int32Array = new Int32Array(0)
  /** The nearest state, itself included, whose path is a phrase; 0 if none. */
  #told: Int32Array = new Int32Array(0)
  /** Phrases that end in a state, chained through `#next`. */
  #first: Int32Array = new Int32Array(0)
  readonly #next: Int32Array
  readonly #lengths: Int32Array
  readonly #edges: Uint8Array
  readonly #words = wordCharacters()

  constructor(phrases: readonly Phrase[]) {
    const paths = phrases.map(({ text }) => this.#path(text))
    const statesMax = 1 + paths.reduce((sum, path) => sum + path.length, 0)
    const size = 2 ** Math.ceil(Math.log2(statesMax * 2 + 2))
    this.#keys = new Float64Array(size).fill(-1)
    this.#targets = new Int32Array(size)
    this.#mask = size - 1
    this.#next = new Int32Array(phrases.length).fill(-1)
    this.#lengths = Int32Array.from(paths, path => path.length)
    this.#edges = Uint8Array.from(phrases, phrase => this.#edgesOf(phrase))
    this.#link(paths, statesMax)
  }

  each(text: string, visitor: PhraseVisitor): void {
    const classes = this.#classes
    const root = this.#root
    const told = this.#told
    let state = 0
    let gap = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (isGap(code)) {
        gap++
        if (gap > 1) {
          if (gap > gapCharsMax) state = 0
          continue
        }
      } else gap = 0
      const symbol = classes[code] as number
      if (symbol === 0) {
        state = 0
        continue
      }
      state = state === 0 ? (root[symbol] as number) : this.#step(state, symbol)
      if (told[state] !== 0) this.#tell(text, told[state] as number, at + 1, visitor)
    }
  }

  #tell(text: string, from: number, end: number, visitor: PhraseVisitor): void {
    for (let state = from; state !== 0; state = this.#told[this.#fail[state] as number] as number) {
      for (let phrase = this.#first[state] as number; phrase >= 0; phrase = this.#next[phrase] as number) {
        const edges = this.#edges[phrase] as number
        if ((edges & openRight) === 0 && this.#isInsideWord(text, end)) continue
        if (!visitor.wants(phrase)) continue
        const start = this.#startOf(text, end, this.#lengths[phrase] as number)
        if ((edges & openLeft) === 0 && this.#isInsideWord(text, start)) continue
        visitor.found(phrase, start, end)
      }
    }
  }

  #edgesOf({ text, anywhere }: Phrase): number {
    const isOpen = (at: number): boolean =>
      text[at] === '*' || (anywhere && this.#words[text.charCodeAt(at)] === joined)
    return (isOpen(0) ? openLeft : 0) | (isOpen(text.length - 1) ? openRight : 0)
  }

  /** Between two characters of one word: 请AI has two. */
  #isInsideWord(text: string, at: number): boolean {
    if (at === 0 || at === text.length) return false
    const kind = this.#words[text.charCodeAt(at)]
    return kind !== 0 && kind === this.#words[text.charCodeAt(at - 1)]
  }

  #startOf(text: string, end: number, length: number): number {
    let at = end
    for (let left = length; left > 0; left--) {
      at--
      if (isGap(text.charCodeAt(at))) while (at > 0 && isGap(text.charCodeAt(at - 1))) at--
    }
    return at
  }

  #step(from: number, symbol: number): number {
    for (let state = from; state !== 0; state = this.#fail[state] as number) {
      const target = this.#child(state, symbol)
      if (target !== 0) return target
    }
    return this.#root[symbol] as number
  }

  #slot(state: number, symbol: number): number {
    const key = state * 0x10000 + symbol
    let slot = (Math.imul(state, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b)) & this.#mask
    while (this.#keys[slot] !== key && this.#keys[slot] !== -1) slot = (slot + 1) & this.#mask
    return slot
  }

  #child(state: number, symbol: number): number {
    return this.#targets[this.#slot(state, symbol)] as number
  }

  /** A phrase as classes of characters, without its `*`. */
  #path(phrase: string): Uint16Array {
    const text = phrase
      .replace(/^\*/, '')
      .replace(/\*$/, '')
      .replaceAll('’', "'")
      .replaceAll(/[-_\s]+/g, ' ')
    return Uint16Array.from(text.split(''), character => this.#classOf(character.charCodeAt(0)))
  }

  #classOf(code: number): number {
    if (isGap(code)) return this.#gapClass()
    if (this.#classes[code] === 0) {
      this.#classes[code] = this.#classCount++
      if (code === 0x27) this.#classes[0x2019] = this.#classes[code]
    }
    return this.#classes[code] as number
  }

  #gapClass(): number {
    if (this.#classes[0x20] === 0)
      for (let code = 0; code <= 0x3000; code++) if (isGap(code)) this.#classes[code] = space
    return space
  }

  #link(paths: readonly Uint16Array[], statesMax: number): void {
    const parents = new Int32Array(statesMax)
    const symbols = new Uint16Array(statesMax)
    const depths = new Uint16Array(statesMax)
    this.#first = new Int32Array(statesMax).fill(-1)
    let count = 1
    for (const [phrase, path] of paths.entries()) {
      let state = 0
      for (const symbol of path) {
        const slot = this.#slot(state, symbol)
        if (this.#keys[slot] === -1) {
          this.#keys[slot] = state * 0x10000 + symbol
          this.#targets[slot] = count
          parents[count] = state
          symbols[count] = symbol
          depths[count] = (depths[state] as number) + 1
          count++
        }
        state = this.#targets[slot] as number
      }
      if (state === 0) continue
      this.#next[phrase] = this.#first[state] as number
      this.#first[state] = phrase
    }
    this.#root = Int32Array.from({ length: this.#classCount }, (_, symbol) => this.#child(0, symbol))
    this.#fail = new Int32Array(count)
    this.#told = new Int32Array(count)
    const shallowFirst = Int32Array.from({ length: count - 1 }, (_, at) => at + 1).sort(
      (a, b) => (depths[a] as number) - (depths[b] as number),
    )
    for (const state of shallowFirst) {
      const parent = parents[state] as number
      this.#fail[state] = parent === 0 ? 0 : this.#step(this.#fail[parent] as number, symbols[state] as number)
      const tells = (this.#first[state] as number) >= 0
      this.#told[state] = tells ? state : (this.#told[this.#fail[state] ?? 0] ?? 0)
    }
  }
}

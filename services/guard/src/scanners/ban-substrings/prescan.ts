import type { State } from './aho-corasick.ts'
import { classOf, joins, zeroWidth } from './characters.ts'
import { viewOf } from './letters.ts'
import type { Lexicon } from './lexicon.ts'

/**
 * Where in a whole text a match could be, for 5 to 10 ns a character: what is left is read letter by letter (`Matcher`), at
 * some 150 ns.
 */
export interface Prescan {
  /** Parts that hold all matches. Nothing that matters reaches over their edges but the character before each. */
  parts(text: string): Part[]
}

interface Part {
  readonly from: number
  to: number
}

/** What a character means: a symbol of the automaton's alphabet, or one of these. */
const unknown = 0
/** No pattern has it. */
const other = 1
const invisible = 2
/** Makes the letter before it another one, which no pattern has. */
const joining = 3
/** Makes the letter before it one that a pattern may have. */
const mark = 4
/** Of several symbols, or half of a pair. */
const unclear = 5
const firstSymbol = 6

/** States × symbols: 4 MB. With more, every text is read letter by letter. */
const tableMax = 1_000_000

/** A deterministic automaton: `next[state * width + symbol]` is the next state; 0 is the root. */
interface Table {
  readonly next: Int32Array
  readonly width: number
  /** Points of the longest pattern. */
  readonly depth: number
  readonly symbols: ReadonlyMap<number, number>
  /** States in which a pattern has ended. */
  readonly ends: Uint8Array
}

/** Undefined where it would be too large. */
export const createPrescan = (lexicon: Lexicon): Prescan | undefined => {
  const table = tableOf(lexicon.root)
  if (table === undefined) return undefined
  /** Filled as they are met; beyond the first plane, characters are rare or few. */
  const kinds = new Uint16Array(0x1_00_00)
  const farKinds = new Map<number, number>()
  const kindOf = (point: number): number => {
    const known = (point < kinds.length ? kinds[point] : farKinds.get(point)) ?? unknown
    if (known !== unknown) return known
    const kind = classify(point, lexicon, table.symbols)
    if (point < kinds.length) kinds[point] = kind
    else farKinds.set(point, kind)
    return kind
  }
  return { parts: text => partsOf(text, table, kindOf) }
}

const tableOf = (root: State): Table | undefined => {
  const states = [root]
  const symbols = new Map<number, number>()
  for (const state of states)
    for (const [point, child] of state.next) {
      if (!symbols.has(point)) symbols.set(point, symbols.size)
      states.push(child)
    }
  const width = symbols.size
  if (states.length * width > tableMax) return undefined
  const index = new Map(states.map((state, at) => [state, at]))
  const next = new Int32Array(states.length * width)
  // Breadth first, as the states are listed: a state's fail is complete before it.
  for (const [at, state] of states.entries()) {
    const fail = (index.get(state.fail) as number) * width
    for (const [point, symbol] of symbols) {
      const child = state.next.get(point)
      next[at * width + symbol] = child ? (index.get(child) as number) : at === 0 ? 0 : (next[fail + symbol] as number)
    }
  }
  const ends = Uint8Array.from(states, ({ rule, shorter }) => (rule === undefined && shorter === undefined ? 0 : 1))
  return { next, width, depth: states.at(-1)?.depth ?? 0, symbols, ends }
}

const classify = (point: number, lexicon: Lexicon, symbols: ReadonlyMap<number, number>): number => {
  if (point >= 0xd8_00 && point <= 0xdf_ff) return unclear
  const kind = classOf(point)
  if (kind & zeroWidth) return invisible
  if (kind & joins) return lexicon.hasMarks ? mark : joining
  const [only, ...more] = viewOf(String.fromCodePoint(point), lexicon.folded)
  if (only === undefined || more.length > 0) return unclear
  const symbol = symbols.get(only)
  return symbol === undefined ? other : firstSymbol + symbol
}

const partsOf = (text: string, { next, width, depth, ends }: Table, kindOf: (point: number) => number): Part[] => {
  const parts: Part[] = []
  let state = 0
  /** The last beginning of a letter before which nothing was left that could go on. */
  let clean = 0
  let needed = false
  /** Letters that may still go on with one that only the matcher can tell. */
  let left = 0
  for (let at = 0; at < text.length; at += 1) {
    const from = at
    let kind = kindOf(text.charCodeAt(at))
    if (kind === unclear) {
      const point = text.codePointAt(at) as number
      if (point > 0xff_ff) {
        kind = kindOf(point)
        at += 1
      }
    }
    if (kind === invisible) continue
    if (kind !== joining && kind !== mark) {
      if (state === 0 && left === 0) {
        if (needed) addPart(parts, clean, from)
        needed = false
        clean = from
      }
      if (left > 0) left -= 1
    }
    state = kind >= firstSymbol ? (next[state * width + kind - firstSymbol] as number) : 0
    if (ends[state] === 1) needed = true
    if (kind === unclear || kind === mark) {
      needed = true
      left = depth + 1
    }
  }
  if (needed) addPart(parts, clean, text.length)
  return parts
}

/** Neighbours are one: each part costs a matcher. */
const addPart = (parts: Part[], from: number, to: number): void => {
  const last = parts.at(-1)
  if (last?.to === from) last.to = to
  else parts.push({ from, to })
}

/** Where the letter before an edge of a part begins. */
export const letterBefore = (text: string, edge: number): number => {
  let at = edge
  while (at > 0) {
    at -= 1
    const isLow = (text.charCodeAt(at) & 0xfc_00) === 0xdc_00
    if (isLow && at > 0 && (text.charCodeAt(at - 1) & 0xfc_00) === 0xd8_00) at -= 1
    if ((classOf(text.codePointAt(at) as number) & (zeroWidth | joins)) === 0) return at
  }
  return at
}

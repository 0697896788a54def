import { classOf, joins, normalForm, plain, zeroWidth } from './characters.ts'

/**
 * A letter: a character, everything that joins it (marks, Hangul parts) and the zero-width characters in between and behind.
 * Normalising letter by letter gives the same view as normalising the whole text, because nothing composes across letters.
 */
export interface Letter {
  /** What counts for matching: the original without zero-width characters. */
  text: string
  /** Offsets into the original text; `end` is without the zero-width characters behind it. */
  readonly start: number
  end: number
  joined: number
  /** What lies before it is in no match, whatever joins the letter. */
  heldFrom: number
}

/** A longer run of marks (Unicode's stream-safe format allows 30) starts a letter of its own, so that none grows. */
const joinedMax = 30

interface Reader {
  /** A letter is complete. */
  closed(letter: Letter): void
  /**
   * May take the letters of `text` from an index on at which one begins, as many as need no look.
   * Returns where the last one it took begins (that one may still be joined), or -1.
   */
  skip(text: string, from: number): number
}

const letterAt = (text: string, at: number, offset: number): Letter => {
  const character = String.fromCodePoint(text.codePointAt(at) as number)
  const counts = (classOf(character.codePointAt(0) as number) & zeroWidth) === 0
  const start = offset + at
  return { text: counts ? character : '', start, end: start + character.length, joined: 0, heldFrom: start }
}

const join = (letter: Letter, character: string, end: number): void => {
  letter.text += character
  letter.end = end
  letter.joined += 1
}

/** Cuts a stream into letters. The last one stays `open` until the next begins, for it may still be joined. */
export const createLetters = (reader: Reader) => {
  let open: Letter | undefined
  /** Length of what was read before. */
  let offset = 0
  /** A surrogate that waits for its other half. */
  let half = ''

  /** Returns how far it read. */
  const begin = (text: string, at: number): number => {
    if (open) reader.closed(open)
    const taken = reader.skip(text, at)
    open = letterAt(text, Math.max(taken, at), offset)
    if (taken >= 0) open.heldFrom = open.end
    return open.end - offset
  }

  const read = (text: string): void => {
    let at = 0
    while (at < text.length) {
      const point = text.codePointAt(at) as number
      const kind = classOf(point)
      const next = at + (point > 0xff_ff ? 2 : 1)
      // A zero-width character belongs to the letter before it and changes nothing about it.
      if (open && kind & zeroWidth) at = next
      else if (open && kind & joins && open.joined < joinedMax) {
        join(open, text.slice(at, next), offset + next)
        at = next
      } else at = begin(text, at)
    }
    offset += text.length
  }

  return {
    get open() {
      return open
    },
    /** Offset of what has not been read: half a pair at most. */
    get read() {
      return offset
    },
    push(chunk: string): void {
      const text = half + chunk
      const last = text.charCodeAt(text.length - 1)
      half = last >= 0xd8_00 && last <= 0xdb_ff ? text.slice(-1) : ''
      read(half === '' ? text : text.slice(0, -1))
    },
    end(): void {
      read(half)
      if (open) reader.closed(open)
      half = ''
      open = undefined
    },
  }
}

/** The code points a letter is compared by. */
export const viewOf = (text: string, folded: boolean): readonly number[] => {
  const first = text.codePointAt(0)
  if (first === undefined) return []
  const alone = text.length === (first > 0xff_ff ? 2 : 1)
  if (alone && classOf(first) & plain) return [first]
  return Array.from(normalForm(text, folded), character => character.codePointAt(0) as number)
}

/** The letters of a text that is already in normal form. */
export const lettersOf = (text: string): string[] => {
  const found: string[] = []
  const letters = createLetters({ closed: letter => found.push(letter.text), skip: () => -1 })
  letters.push(text)
  letters.end()
  return found
}

/** Classes of characters, and a place in a text to read them from. */

/** Everything in ASCII that is no other class. */
export const operator = 0
export const lower = 1
export const upper = 2
export const digit = 3
/** A letter, a mark or a number that is not ASCII. */
export const foreign = 4
export const blank = 5
export const newline = 6
/** Anything else that is not ASCII. */
export const symbol = 7

const classOf = (character: string, code: number): number => {
  if (character === '\n') return newline
  if (/[\s\u200b]/u.test(character)) return blank
  if (/[a-z]/.test(character)) return lower
  if (/[A-Z]/.test(character)) return upper
  if (/[0-9]/.test(character)) return digit
  if (code < 0x80) return operator
  return /[\p{L}\p{M}\p{N}]/u.test(character) ? foreign : symbol
}

const classes = ((): Uint8Array => {
  const table = new Uint8Array(0x1_00_00)
  for (let code = 0; code < table.length; code += 1) table[code] = classOf(String.fromCharCode(code), code)
  return table
})()

const lineEnd = 0x0a

export const isWordClass = (kind: number): boolean => kind >= lower && kind <= foreign

export class Cursor {
  text = ''
  at = 0
  /** Whether the next word may be a command: at the beginning of a line, after a prompt or a pipe. */
  commanding = true
  /** Whether the line has a token other than its indentation and bullet. */
  begun = false
  /** No formula that begins before is closed: looking for its end once is enough. */
  unclosed = 0

  /** Beyond the end there is a line end. */
  code(at: number): number {
    return at < this.text.length ? this.text.charCodeAt(at) : lineEnd
  }

  kind(at: number): number {
    return classes[this.code(at)] as number
  }

  isLetter(at: number): boolean {
    const kind = this.kind(at)
    return kind === lower || kind === upper || kind === foreign
  }

  isWord(at: number): boolean {
    return isWordClass(this.kind(at))
  }

  isAscii(at: number): boolean {
    const kind = this.kind(at)
    return kind === lower || kind === upper
  }

  isBlank(at: number): boolean {
    const kind = this.kind(at)
    return kind === blank || kind === newline
  }
}

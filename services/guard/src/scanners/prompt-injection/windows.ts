/**
 * A long text is judged by its windows: a command in the middle of a document stands out in its surroundings, and would
 * drown in the whole.
 */

export interface Window {
  readonly start: number
  readonly end: number
}

const windowChars = 400
const stepChars = 300
/** A text that is only a little longer is one window. */
const wholeChars = 600
/** How far a window goes back to begin with a word. */
const wordChars = 24

const wordStart = (text: string, at: number): number => {
  for (let back = 0; back < wordChars && at - back > 0; back++) {
    if (/\s/u.test(text[at - back - 1] as string)) return at - back
  }
  // Not between the halves of a pair.
  return (text.charCodeAt(at) & 0xfc_00) === 0xdc_00 ? at - 1 : at
}

/** They overlap by more than a command has; the last one ends with the text. */
export const windowsOf = (text: string): Window[] => {
  if (text.length <= wholeChars) return [{ start: 0, end: text.length }]
  const windows: Window[] = []
  for (let from = 0; ; from += stepChars) {
    const end = from + windowChars
    if (end >= text.length) {
      windows.push({ start: wordStart(text, text.length - windowChars), end: text.length })
      return windows
    }
    windows.push({ start: wordStart(text, from), end: wordStart(text, end) })
  }
}

/** What the normalised view needs to know of single characters. */

export const zeroWidth = 1
/** May change, or attach to, the letter before it: a combining mark, a Hangul vowel or final, a halfwidth sound mark. */
export const joins = 2
/** Continues a word. */
const word = 4
/** Is its own view, folded or not. */
export const plain = 8
const known = 16

const zeroWidthCharacter = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/u
const joining = /^[\p{M}\u1161-\u1175\u11A8-\u11C2\u{16D67}]/u
const wordCharacter = /[\p{L}\p{N}\p{M}_]/u
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

const fold = (text: string): string => {
  let folded = ''
  // By code point: as a whole, JavaScript lowers a final sigma differently. Upper case in between makes ß and ς one with ss and σ.
  for (const character of text) folded += character.toLowerCase().toUpperCase().toLowerCase()
  return folded
}

/** The form texts are compared in: NFKC, so full-width and ligatures match, and without case if `folded`. */
export const normalForm = (text: string, folded: boolean): string => {
  const composed = text.normalize('NFKC')
  return folded ? fold(composed).normalize('NFKC') : composed
}

const classify = (point: number): number => {
  const character = String.fromCodePoint(point)
  return (
    known |
    (zeroWidthCharacter.test(character) ? zeroWidth : 0) |
    (joining.test(character.normalize('NFKD')) ? joins : 0) |
    (wordCharacter.test(character) && !unspaced.test(character) ? word : 0) |
    (normalForm(character, true) === character ? plain : 0)
  )
}

/** One byte per code point, filled as they are met: 1.1 MB, once per process. */
const classes = new Uint8Array(0x11_00_00)

export const classOf = (point: number): number => {
  const kept = classes[point]
  if (kept) return kept
  return (classes[point] = classify(point))
}

/**
 * Whether a word goes on across this code point. Scripts written without spaces (and Korean, whose particles attach) have
 * no word boundary to ask for, so in them a "word" is found wherever it stands.
 */
export const continuesWord = (point: number): boolean => (classOf(point) & word) !== 0

/**
 * Letters that a joining character can turn into under `normalForm`: Greek ι (from U+0345), Thai า and Lao າ (from SARA AM).
 * All other joining characters stay joining ones (checked over all of Unicode in the tests).
 */
export const lettersFromJoining = /[\u03B9\u0E32\u0EB2]/u

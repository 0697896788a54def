import * as character from './characters.ts'
import { createRewriter, type Reading } from './offsets.ts'
import { isReadable } from './readable-text.ts'

/** By local names: under vitest, each use of an imported one is a call, which a loop over a megabyte feels. */
const { carrier, classAt, widthAt } = character

/** A flag of a region is spelled in tags: `gbeng`. */
const flagCharsMax = 6
const blackFlag = '\u{1F3F4}'
const hiddenCharsMax = 65_536

const isTag = (point: number): boolean => point >= 0xe_00_00 && point <= 0xe_00_7f

/** Variation selectors 1 to 256 stand for bytes. */
const byteOf = (point: number): number => (point <= 0xfe_0f ? point - 0xfe_00 : point - 0xe_01_00 + 16)

const runEnd = (text: string, from: number): number => {
  let at = from
  while (at < text.length && classAt(text, at) & carrier) at += widthAt(text, at)
  return at
}

const charactersOf = (run: string): string => {
  let tags = ''
  const bytes: number[] = []
  for (const it of run) {
    const point = it.codePointAt(0) as number
    if (!isTag(point)) bytes.push(byteOf(point))
    else if (point >= 0xe_00_20 && point < 0xe_00_7f) tags += String.fromCharCode(point - 0xe_00_00)
  }
  // One selector belongs to the character before it.
  const spelled = bytes.length > 1 ? Buffer.from(bytes).toString() : ''
  return tags + (isReadable(spelled) ? spelled : '')
}

/** What is spelled in tag characters or in variation selectors, which are not shown. */
export const hiddenText = (text: string): Reading | undefined => {
  const rewriter = createRewriter(text)
  let end = 0
  let chars = 0
  for (let at = 0; at < text.length && chars < hiddenCharsMax;) {
    const next = runEnd(text, at)
    if (next === at) {
      at += widthAt(text, at)
      continue
    }
    const part = charactersOf(text.slice(at, next))
    const isFlag = part.length <= flagCharsMax && text.slice(Math.max(0, at - 2), at) === blackFlag
    if (part !== '' && !isFlag) {
      rewriter.replace(end, at, '')
      rewriter.replace(at, next, part)
      end = next
      chars += part.length
    }
    at = next
  }
  rewriter.replace(end, text.length, '')
  return chars > 0 ? rewriter.finish() : undefined
}

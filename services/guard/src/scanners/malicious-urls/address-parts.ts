import { inHost, isDigit, kindAt, kinds, separator, unspaced } from './characters.ts'
import type { Label } from './address.ts'
import { bracketDotEnd } from './segments.ts'

/** The parts of an address in a text, each read from where it begins. `limit`: where the segment ends. */

const authorityCharsMax = 512
const labelCharsMax = 256
const trailing = /[.,;:!?'*_~|…$&-]/
const colonForms = [':', '[:]', '(:)']

export interface Run {
  readonly end: number
  /** Dots as dots. */
  readonly written: string
  readonly defanged: boolean
}

/** Host characters from `at`, with what stands for a dot. */
export const readRun = (text: string, at: number, limit: number, inAuthority: boolean): Run => {
  let written = ''
  let plainFrom = at
  let here = at
  while (here < limit) {
    const code = text.charCodeAt(here)
    const kind = kindAt(text, here)
    if (kind === inHost || (kind === unspaced && (inAuthority || here > at))) here += 1
    else if (inAuthority && code === 0x25) here += 1
    else {
      const spaces = code === 0x20 ? 1 : 0
      const dotEnd = here > at && opensDot(text.charCodeAt(here + spaces)) ? bracketDotEnd(text, here + spaces) : 0
      if (dotEnd <= 0 || dotEnd >= limit) break
      written += `${text.slice(plainFrom, here)}.`
      here = spaces && text[dotEnd] === ' ' ? dotEnd + 1 : dotEnd
      plainFrom = here
    }
  }
  return { end: here, written: written + text.slice(plainFrom, here), defanged: written !== '' }
}

const opensDot = (code: number): boolean => code === 0x5b || code === 0x28 || code === 0x7b

/** Behind `://` or what stands for it, if that begins at `at`; else 0. */
export const slashesEnd = (text: string, at: number, limit: number): number => {
  const code = text.charCodeAt(at)
  if (code !== 0x3a && code !== 0x5b && code !== 0x28 && code !== 0x25) return 0
  if (text.startsWith('[://]', at)) return at + 5
  if (code === 0x25) return /^%3a%2f%2f$/i.test(text.slice(at, at + 9)) ? at + 9 : 0
  const colon = colonForms.find(form => text.startsWith(form, at))
  if (colon === undefined) return 0
  let end = at + colon.length
  while (end < limit && (text[end] === '/' || text[end] === '\\')) end += 1
  return end - at - colon.length >= 2 ? end : 0
}

/** Where the host begins: behind the last `@` before the path, if there is one. */
export const hostStart = (text: string, from: number, limit: number): number => {
  const stop = Math.min(limit, from + authorityCharsMax)
  let behind = from
  for (let at = from; at < stop; at += 1) {
    const code = text.charCodeAt(at)
    if (kinds[code] === inHost) continue
    if (code === 0x40) behind = at + 1
    else if (kinds[code] === separator || "/\\?#)]',;".includes(text[at] as string)) break
  }
  return behind
}

export const portEnd = (text: string, at: number, limit: number): number => {
  if (text[at] !== ':') return at
  let end = at + 1
  while (end < limit && end - at <= 5 && isDigit(text.charCodeAt(end))) end += 1
  return end > at + 1 ? end : at
}

/** Up to what no address has, or to a bracket that was opened before it. */
export const restEnd = (text: string, from: number, limit: number, start: number): number => {
  if (!'/\\?#'.includes(text[from] ?? ' ')) return from
  const open = { round: 0, square: 0, curly: 0 }
  for (let at = from; at < limit; at += 1) {
    const character = text[at] as string
    if (character === '(') open.round += 1
    else if (character === '[') open.square += 1
    else if (character === '{') open.curly += 1
    else if (character === ')' && --open.round < 0) return at
    else if (character === ']' && --open.square < 0) return at
    else if (character === '}' && --open.curly < 0) return at
    else if (character === '\\' && at > from) return at
    else if (character === "'" && text[start - 1] === "'") return at
    else if (kindAt(text, at) >= separator) return at
  }
  return limit
}

/** Without the punctuation of the sentence around it. */
export const trimmedEnd = (text: string, from: number, end: number): number => {
  let trimmed = end
  while (trimmed > from && trailing.test(text[trimmed - 1] as string)) trimmed -= 1
  return trimmed
}

/** In Markdown: what stands in brackets before `](` and the address, from `from` on. */
export const labelBefore = (text: string, start: number, from: number): Label | undefined => {
  const behind = start - (text[start - 1] === '<' ? 3 : 2)
  if (behind < from || !text.startsWith('](', behind)) return undefined
  const before = text.slice(Math.max(from, behind - labelCharsMax), behind)
  const open = before.lastIndexOf('[')
  return { text: before.slice(open + 1), image: open < 0 || before[open - 1] === '!' }
}

/** A sentence's marks and Markdown's around a host. */
export const withoutEdges = (written: string): string => {
  let start = 0
  let end = written.length
  while (start < end && '._-'.includes(written[start] as string)) start += 1
  while (end > start && '._-\u3002'.includes(written[end - 1] as string)) end -= 1
  return written.slice(start, end)
}

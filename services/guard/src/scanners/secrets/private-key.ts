import type { Rule, TextScan } from './rule.ts'

/** Longer blocks are cut there: an RSA key of 16,384 bits has 12,500. */
const blockCharsMax = 16_384

const begin = '-----BEGIN'
const header = /-----BEGIN(?: [A-Z0-9_]{1,40}){0,4} ?PRIVATE KEY(?: BLOCK)?-----/y
const headerCharsMax = 200

/** Where the block that begins at `start` ends; 0 if none does, -1 if that cannot be told yet. */
export const blockEnd = (text: string, start: number): number => {
  header.lastIndex = start
  const match = header.exec(text)
  if (!match)
    return text.length - start < headerCharsMax && !/-----[\s\S]/.test(text.slice(start + begin.length)) ? -1 : 0
  const body = start + match[0].length
  const limit = start + blockCharsMax
  const end = text.slice(body, limit).search(/-----END[A-Z0-9 _-]{0,60}-----/)
  if (end >= 0) return text.indexOf('-----', body + end + 8) + 5
  return text.length >= limit ? limit : -1
}

const bodyCharsMin = 32
/** Of the body: whether it is one. */
const judgedCharsMax = 512

export const privateKeyRule: Rule = {
  keywords: ['-----begin'],
  at(scan: TextScan, start) {
    const { text } = scan
    if (scan.coveredUntil > start) return
    header.lastIndex = start
    const match = header.exec(text)
    if (!match) return
    const known = blockEnd(text, start)
    const end = known > 0 ? known : text.length
    const body = start + match[0].length
    const content = text.slice(body, Math.min(end, body + judgedCharsMax)).replace(/-----END[\s\S]{0,512}$/, '')
    if (content.replaceAll(/[^A-Za-z0-9+/=]/g, '').length < bodyCharsMin || /\.{3}|x{8}|your/i.test(content)) return
    scan.report('private-key', start, end, 1)
    scan.coveredUntil = end
  },
}

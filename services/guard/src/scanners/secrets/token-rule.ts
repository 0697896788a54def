import { isWordCharacter } from './characters.ts'
import { isPlaceholder } from './placeholder.ts'
import { entropy } from './randomness.ts'
import type { Rule, TextScan } from './rule.ts'

export interface TokenRule {
  readonly id: string
  readonly keywords: readonly string[]
  /**
   * Is tried where a keyword begins, and nowhere else. Every repetition is bounded, so a try is; the secret is the
   * first group that took part, or all of it.
   */
  readonly pattern: string
  /** What is before the keyword, where it isn't the beginning. */
  readonly charsBefore?: number
  readonly entropy?: number
  readonly score?: number
  /** Of a secret that is none. Called with few and short texts. */
  readonly allowed?: (secret: string) => boolean
}

const goesOn = /[\w-]{1,4096}={0,2}/y

const prefixCharsMax = 40

const wordCharsBefore = (text: string, from: number): number => {
  let count = 0
  while (count < prefixCharsMax && from - count > 0 && isWordCharacter(text.charCodeAt(from - count - 1))) count++
  return count
}

/** Fake keys of documents: the shape is right, the characters are not. */
const isFake = (secret: string): boolean =>
  /x{6}|\*{4}|\.{4}|your[-_]|example/i.test(secret) || isPlaceholder(secret.slice(-12))

/** Formats that are known by how they begin. */
export const tokenRule = ({
  id,
  keywords,
  pattern,
  charsBefore = 0,
  entropy: bitsMin = 0,
  score = 1,
  allowed,
}: TokenRule): Rule => {
  let compiled: RegExp | undefined
  return {
    keywords,
    at(scan: TextScan, start) {
      compiled ??= new RegExp(pattern, 'dy')
      if (start < charsBefore || start < scan.foundUntil || !scan.mayTry(compiled, start)) return
      compiled.lastIndex = start - charsBefore
      const match = compiled.exec(scan.text)
      if (!match) return
      const group = match.slice(1).findIndex(each => each !== undefined) + 1
      const secret = match[group] as string
      const [from, to] = match.indices?.[group] ?? [start, start + secret.length]
      if (isFake(secret) || entropy(secret) < bitsMin || allowed?.(secret)) return
      // A pattern may want fewer characters than there are: nothing of a key may be left over.
      goesOn.lastIndex = to
      const after = goesOn.exec(scan.text)?.[0].length ?? 0
      scan.report(id, group === 0 ? from - wordCharsBefore(scan.text, from) : from, to + after, score)
    },
  }
}

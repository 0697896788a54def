import { RE2JS } from 're2js'
import { assignmentsAfter } from './assignment.ts'
import { isPlaceholder } from './placeholder.ts'
import { entropy } from './randomness.ts'
import rules from './rules.json' with { type: 'json' }
import type { Rule, TextScan } from './rule.ts'
import { tokenRule } from './token-rule.ts'

type Entry = (typeof rules.rules)[number]

/** A text that is allowed is no secret of the rule. */
const allowedBy = (patterns: readonly string[] | undefined): ((secret: string) => boolean) => {
  let compiled: RE2JS[] | undefined
  return secret => {
    compiled ??= (patterns ?? []).map(pattern => RE2JS.compile(pattern))
    return compiled.some(pattern => pattern.matcher(secret).find())
  }
}

/** `name = value` with the name of a provider: the value's form says which of its secrets it is. */
const namedRule = ({ id, keywords, pattern, entropy: bitsMin = 0 }: Entry): Rule => {
  let compiled: RegExp | undefined
  return {
    keywords,
    at(scan, start, end) {
      for (const { from, to, separator } of assignmentsAfter(scan, end)) {
        if (separator !== 'sign' || to - from > 256) continue
        compiled ??= new RegExp(`^(?:${pattern})$`)
        const value = scan.text.slice(from, to)
        if (!compiled.test(value) || entropy(value) < bitsMin || isPlaceholder(value)) continue
        if (/\d/.test(value)) scan.report(id, from, to, 1)
      }
    },
  }
}

const windowBefore = 200
const windowAfter = 400
/** A rule reads no more of a text: what is linear is still slow. */
const windowCharsMax = 8_192

export interface WindowRule extends Rule {
  /** Once all keywords are known. */
  finish(scan: TextScan): void
}

/** Whatever a pattern of RE2 may say, over what is around the keyword. */
const windowRule = ({ id, keywords, pattern, entropy: bitsMin = 0, allow }: Entry): WindowRule => {
  let compiled: RE2JS | undefined
  const allowed = allowedBy(allow)
  const key = {}
  return {
    keywords,
    at(scan, start, end) {
      const windows = scan.windows.get(key) ?? []
      if (windows.length === 0) scan.windows.set(key, windows)
      const last = windows.at(-1)
      const next = { start: Math.max(0, start - windowBefore), end: end + windowAfter }
      if (last && next.start <= last.end) last.end = next.end
      else windows.push(next)
    },
    finish(scan) {
      let left = windowCharsMax
      for (const { start, end } of scan.windows.get(key) ?? []) {
        const window = scan.text.slice(start, Math.min(end, start + left))
        left -= window.length
        compiled ??= RE2JS.compile(pattern)
        const matcher = compiled.matcher(window)
        while (matcher.find()) {
          let group = 0
          for (let at = 1; at <= matcher.groupCount() && group === 0; at++) if (matcher.group(at) !== null) group = at
          const secret = matcher.group(group) as string
          if (entropy(secret) < bitsMin || isPlaceholder(secret) || allowed(secret)) continue
          scan.report(id, start + matcher.start(group), start + matcher.end(group), 1)
        }
        if (left <= 0) return
      }
    },
  }
}

const ruleOf = (entry: Entry): Rule | WindowRule => {
  if (entry.shape === 'named') return namedRule(entry)
  if (entry.shape === 'window') return windowRule(entry)
  return tokenRule({ ...entry, allowed: allowedBy(entry.allow) })
}

/** The rules of gitleaks by their ids. */
export const gitleaks = (): [id: string, rule: Rule | WindowRule][] =>
  rules.rules.map(entry => [entry.id, ruleOf(entry)])

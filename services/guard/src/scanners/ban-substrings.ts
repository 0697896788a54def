import type { BanSubstringsSettings } from '@drover/shared/config/schema'
import type { Finding } from '@drover/shared/verdict'
import { lettersOf } from './letters.ts'
import { lexiconOf, type Lexicon } from './lexicon.ts'
import { Matcher, type Match } from './matcher.ts'
import { scanWhole, type Filtered, type Scanner, type StreamFilter } from './scanner.ts'

const scanner = 'BanSubstrings'
const nothing: readonly Finding[] = []

type Action = Pick<BanSubstringsSettings, 'action' | 'redactWith'>

const filter = (lexicon: Lexicon, { action, redactWith }: Action): StreamFilter => {
  let release = ''
  let findings: Finding[] = []
  let blocked: Finding | undefined

  const matcher = new Matcher(lexicon, {
    text(raw) {
      if (!blocked) release += raw
    },
    match({ rule, start, end }: Match) {
      if (blocked) return
      const finding = { scanner, rule, start, end, score: 1 }
      findings.push(finding)
      if (action === 'block') blocked = finding
      else release += redactWith
    },
  })

  const filtered = (): Filtered => {
    const result = { release, findings: findings.length > 0 ? findings : nothing, ...(blocked && { blocked }) }
    release = ''
    if (findings.length > 0) findings = []
    return result
  }

  return {
    push(chunk) {
      if (!blocked) matcher.push(chunk)
      return filtered()
    },
    end() {
      if (!blocked) matcher.end()
      return filtered()
    },
  }
}

const visible = (text: string): boolean => lettersOf(text).some(letter => letter.trim() !== '')

/** Throws on settings that can't be kept: a string nobody could see, or a replacement that is itself banned. */
const compile = (settings: BanSubstringsSettings): Lexicon => {
  const { substrings, action, redactWith } = settings
  const invisible = substrings.findIndex(text => !visible(text))
  if (invisible >= 0) throw new Error(`${scanner}: substrings[${invisible}] must have a visible character`)
  const lexicon = lexiconOf(substrings, { folded: !settings.caseSensitive, wholeWords: settings.match === 'word' })
  if (action === 'redact') {
    if (!visible(redactWith)) throw new Error(`${scanner}: redactWith must have a visible character`)
    const { findings } = scanWhole(filter(lexicon, settings), redactWith)
    if (findings[0]) throw new Error(`${scanner}: redactWith must not contain the banned "${findings[0].rule}"`)
  }
  return lexicon
}

/** Finds banned strings, however they are cased, widened or interspersed with zero-width characters. */
export const banSubstrings = (settings: BanSubstringsSettings): Scanner => {
  const lexicon = compile(settings)
  const stream = (): StreamFilter => filter(lexicon, settings)
  return { name: scanner, directions: ['input', 'output'], scan: text => scanWhole(stream(), text), stream }
}

import type { BanSubstringsSettings } from '@drover/shared/config/guard-schema'
import type { Decided, Detector } from '../streaming/detector.ts'
import { normalForm } from './ban-substrings/characters.ts'
import { lettersOf } from './ban-substrings/letters.ts'
import { lexiconOf, type Lexicon } from './ban-substrings/lexicon.ts'
import { letterBefore, createPrescan, type Prescan } from './ban-substrings/prescan.ts'
import { Matcher, type Match } from './ban-substrings/matcher.ts'
import type { Found, Scanner } from './scanner.ts'

const name = 'BanSubstrings'

const visible = (text: string): boolean => lettersOf(text).some(letter => letter.trim() !== '')

interface Banned {
  readonly lexicon: Lexicon
  readonly prescan: Prescan | undefined
}

/** Throws on a string that nobody could see. */
const bannedBy = ({ substrings, match, caseSensitive, containsAll }: BanSubstringsSettings): Banned[] => {
  const invisible = substrings.findIndex(text => !visible(text))
  if (invisible >= 0) throw new Error(`${name}: substrings[${invisible}] must have a visible character`)
  const options = { folded: !caseSensitive, wholeWords: match === 'word' }
  // For all of them to be there, one may lie within another; otherwise the longest match is the finding.
  const patterns = containsAll ? substrings.map(text => [text]) : [substrings]
  return patterns.map(each => {
    const lexicon = lexiconOf(each, options)
    return { lexicon, prescan: createPrescan(lexicon) }
  })
}

const foundOf = ({ rule, start, end }: Match): Found => ({ rule, start, end, score: 1 })

/** All matches in a whole text: only where there could be one is it read letter by letter. */
const matchesIn = (text: string, { lexicon, prescan }: Banned): Found[] => {
  const found: Found[] = []
  for (const { from, to } of prescan?.parts(text) ?? [{ from: 0, to: text.length }]) {
    const start = letterBefore(text, from)
    const matcher = new Matcher(lexicon, match => {
      // The letter before is read only for whether a word begins after it.
      if (start + match.start >= from)
        found.push(foundOf({ ...match, start: start + match.start, end: start + match.end }))
    })
    matcher.push(text.slice(start, to))
    matcher.end()
  }
  return found
}

/** Any match is a finding. */
const detectAny = (lexicon: Lexicon): Detector => {
  let found: Found[] = []
  const matcher = new Matcher(lexicon, match => found.push(foundOf(match)))
  const decided = (): Decided => {
    const told = found
    found = []
    return { settled: matcher.settled, found: told }
  }
  return {
    push(chunk) {
      matcher.push(chunk)
      return decided()
    },
    end() {
      matcher.end()
      return decided()
    },
  }
}

/** Matches are findings once every lexicon has one: from the first on, nothing is settled until then. */
const detectAll = (lexicons: readonly Lexicon[]): Detector => {
  const detectors = lexicons.map(detectAny)
  const missing = new Set(detectors)
  let waiting: Found[] = []
  let firstWaiting = Infinity

  const decide = (step: (detector: Detector) => Decided): Decided => {
    let settled = Infinity
    for (const detector of detectors) {
      const decided = step(detector)
      settled = Math.min(settled, decided.settled)
      if (decided.found.length > 0) missing.delete(detector)
      firstWaiting = Math.min(firstWaiting, decided.found[0]?.start ?? Infinity)
      for (const each of decided.found) waiting.push(each)
    }
    if (missing.size > 0) return { settled: Math.min(settled, firstWaiting), found: [] }
    const found = waiting.sort((a, b) => a.start - b.start)
    waiting = []
    return { settled, found }
  }

  return {
    push: chunk => decide(detector => detector.push(chunk)),
    end() {
      const { settled, found } = decide(detector => detector.end())
      return { settled: missing.size > 0 ? Infinity : settled, found }
    },
  }
}

/** Finds banned strings, however they are cased, widened or interspersed with zero-width characters. */
export const banSubstrings = (settings: BanSubstringsSettings): Scanner => {
  const banned = bannedBy(settings)
  const lexicons = banned.map(({ lexicon }) => lexicon)
  return {
    name,
    directions: ['input', 'output'],
    scan({ raw }) {
      const found = banned.map(each => matchesIn(raw, each))
      return found.every(each => each.length > 0) ? found.flat() : []
    },
    stream: () => (settings.containsAll ? detectAll(lexicons) : detectAny(lexicons[0] as Lexicon)),
    refuseReplacement: replacement => refuseReplacement(replacement, settings),
  }
}

/** Throws where the replacement is invisible, contains a banned string, or would be part of one beside other text. */
const refuseReplacement = (replacement: string, settings: BanSubstringsSettings): void => {
  if (!visible(replacement)) throw new Error(`${name}: redactWith must have a visible character`)
  const form = (text: string): string =>
    lettersOf(text)
      .map(letter => normalForm(letter, !settings.caseSensitive))
      .join('')
  const shown = form(replacement)
  for (const [index, banned] of settings.substrings.entries()) {
    const part = form(banned)
    if (shown.includes(part)) throw new Error(`${name}: redactWith must not contain what substrings[${index}] bans`)
    const ends = Array.from({ length: Math.min(part.length, shown.length) }, (_, index) => index + 1)
    const overlaps = (size: number): boolean =>
      shown.endsWith(part.slice(0, size)) || shown.startsWith(part.slice(-size))
    if (part.includes(shown) || ends.some(overlaps))
      throw new Error(
        `${name}: redactWith must not begin or end like what substrings[${index}] bans; beside other text it could become that`,
      )
  }
}

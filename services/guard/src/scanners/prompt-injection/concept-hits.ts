import { PhraseAutomaton, type Phrase } from '../../text/phrase-automaton.ts'
import { concepts } from './concepts.ts'
import { lexicons } from './lexicons.ts'

/** A concept at a place of a text. */
export interface ConceptHit {
  /** Index into `concepts`. */
  readonly concept: number
  /** In which of `languages` the words mean that: a bit for each. */
  readonly spoken: number
  readonly start: number
  readonly end: number
}

export const languages: readonly string[] = Object.keys(lexicons)

const bitsOf = (wanted: (lang: string) => boolean): number =>
  languages.reduce((bits, lang, index) => (wanted(lang) ? bits | (1 << index) : bits), 0)

/** Chinese, Japanese, Korean and Thai say in half of the characters what others do. */
export const denseLanguages = bitsOf(lang => lexicons[lang]?.scriptless === true || lang === 'ko')

/** People leave accents out; in Vietnamese that makes other words of the short ones. */
const unaccented = (phrase: string, language: string): string | undefined => {
  if (!/[a-z]/.test(phrase)) return undefined
  const plain = phrase.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd').normalize('NFC')
  if (plain === phrase) return undefined
  return language === 'vi' && plain.split(' ').length < 3 ? undefined : plain
}

interface Built {
  readonly automaton: PhraseAutomaton
  /** Of each phrase. */
  readonly conceptOf: Uint8Array
  readonly spokenOf: Uint32Array
}

const build = (): Built => {
  const phrases: Phrase[] = []
  const conceptOf: number[] = []
  const spokenOf: number[] = []
  const known = new Map<string, number>()
  const add = (text: string, concept: number, language: number): void => {
    const anywhere = lexicons[languages[language] as string]?.scriptless === true
    const key = `${concept} ${anywhere} ${text}`
    const phrase = known.get(key) ?? phrases.push({ text, anywhere }) - 1
    known.set(key, phrase)
    conceptOf[phrase] = concept
    spokenOf[phrase] = (spokenOf[phrase] ?? 0) | (1 << language)
  }
  for (const [language, name] of languages.entries()) {
    for (const [concept, conceptName] of concepts.entries()) {
      for (const phrase of lexicons[name]?.concepts[conceptName] ?? []) {
        const folded = phrase.toLowerCase().normalize('NFKC')
        add(folded, concept, language)
        const plain = unaccented(folded, name)
        if (plain !== undefined) add(plain, concept, language)
      }
    }
  }
  return {
    automaton: new PhraseAutomaton(phrases),
    conceptOf: Uint8Array.from(conceptOf),
    spokenOf: Uint32Array.from(spokenOf),
  }
}

/** 30,000 phrases take some 100 ms: once per process, when the first scanner is made. */
let built: Built | undefined

export const prepareConcepts = (): void => void (built ??= build())

/** Of one concept in one window. What bounds the time of texts made of phrases. */
const hitsMax = 10

type Hit = { -readonly [Key in keyof ConceptHit]: ConceptHit[Key] }

/** In place. They come by their ends, so that few have to move, and none far. */
const sortByStart = (hits: Hit[]): Hit[] => {
  for (let at = 1; at < hits.length; at++) {
    const hit = hits[at] as Hit
    let to = at
    for (; to > 0; to--) {
      const before = hits[to - 1] as Hit
      if (before.start < hit.start || (before.start === hit.start && before.end <= hit.end)) break
      hits[to] = before
    }
    hits[to] = hit
  }
  return hits
}

/** The concepts in a folded window by their starts; of hits of one concept that overlap, the longest. */
export const conceptHits = (folded: string): ConceptHit[] => {
  const { automaton, conceptOf, spokenOf } = (built ??= build())
  /** By concept, the last hit that is kept: ends come in order, so an overlap can only be with it. */
  const last: (Hit | undefined)[] = []
  const counts = new Uint8Array(concepts.length)
  const hits: Hit[] = []
  automaton.each(folded, {
    wants: phrase => (counts[conceptOf[phrase] as number] as number) < hitsMax,
    found(phrase, start, end) {
      const concept = conceptOf[phrase] as number
      const spoken = spokenOf[phrase] as number
      const before = last[concept]
      if (before !== undefined && start < before.end) {
        const longer = end - start - (before.end - before.start)
        if (longer === 0 && end === before.end) before.spoken |= spoken
        if (longer <= 0) return
        before.start = start
        before.end = end
        before.spoken = spoken
        return
      }
      counts[concept] = (counts[concept] as number) + 1
      const hit = { concept, spoken, start, end }
      last[concept] = hit
      hits.push(hit)
    },
  })
  return sortByStart(hits)
}

import { Subject } from '../../text/subject.ts'
import { openingPhrases, type OpeningClass } from './phrases.ts'

/** How much of an answer tells whether it refuses. */
export const openingCharsMax = 400

/** After so many characters without any sign of a refusal, there will be none. */
export const clearAfterChars = 140

/** The beginning of an answer as the model sees it. */
interface Opening {
  readonly text: string
  /** Features by name: which phrases, in which sentence, and what follows. */
  readonly marks: readonly string[]
}

/** Answers that begin like this are help: a heading, a list, code, a table, data. */
const structure = /^(?:#{1,6} |[-*•+] |\d{1,3}[.)] |```|~~~|\||[{[<])/

export const beginsWithStructure = (text: string): boolean => structure.test(text)

/** What `beginsWithStructure` needs to see. */
export const structureChars = 8

/** The normal view in lower case, with straight apostrophes and without emphasis. */
const folded = (text: string): string =>
  new Subject(text.slice(0, openingCharsMax)).normal.folded.replaceAll(/[*`]/g, '').replaceAll(/[’‘ʼ＇]/g, "'")

const stops = /[.!?。！？…।\n]/
const sentencesMax = 4

/** Which sentence each character is in. */
const sentenceEnds = (text: string): number[] => {
  const ends: number[] = []
  for (let at = 0; at < text.length && ends.length < sentencesMax; at += 1) {
    if (stops.test(text.charAt(at)) && !stops.test(text.charAt(at + 1))) ends.push(at)
  }
  return ends
}

const quotes = /["“„«「『]/

/** The first of each class, by sentence. */
interface Hits {
  readonly first: ReadonlyMap<OpeningClass, number>
  readonly sentences: ReadonlyMap<OpeningClass, ReadonlySet<number>>
}

const hitsIn = (text: string): Hits => {
  const { automaton, classes } = openingPhrases()
  const ends = sentenceEnds(text)
  const first = new Map<OpeningClass, number>()
  const sentences = new Map<OpeningClass, Set<number>>()
  const found = (phrase: number, start: number): void => {
    const name = classes[phrase] as OpeningClass
    const after = ends.findIndex(end => start <= end)
    const sentence = after < 0 ? ends.length : after
    first.set(name, Math.min(first.get(name) ?? Infinity, start))
    const known = sentences.get(name)
    if (known) known.add(sentence)
    else sentences.set(name, new Set([sentence]))
  }
  automaton.each(text, { wants: () => true, found })
  return { first, sentences }
}

export const hasSign = (text: string): boolean => {
  let found = false
  openingPhrases().automaton.each(folded(text), {
    wants: () => !found,
    found: () => {
      found = true
    },
  })
  return found
}

const startChars = 6
const shortChars = 160

const pairMarks = ({ sentences }: Hits): string[] => {
  const near = (a: OpeningClass, b: OpeningClass): boolean =>
    [...(sentences.get(a) ?? [])].some(one => sentences.get(b)?.has(one) || sentences.get(b)?.has(one + 1))
  const marks: string[] = []
  if (near('apology', 'unable')) marks.push('apology unable')
  if (near('identity', 'unable') || near('unable', 'identity')) marks.push('identity unable')
  if (near('policy', 'unable') || near('unable', 'policy')) marks.push('policy unable')
  if (near('apology', 'policy')) marks.push('apology policy')
  if (near('identity', 'policy')) marks.push('identity policy')
  return marks
}

/** Help follows: lists, headings, code, something that a colon announces. */
const shapeMarks = (text: string): string[] => {
  const marks = [text.length <= shortChars ? 'short' : text.length < openingCharsMax ? 'middle' : 'long']
  if (/\n\s*(?:[-•+] |\d{1,3}[.)] )/.test(text)) marks.push('list')
  if (/\n\s*#{1,6} /.test(text)) marks.push('heading')
  if (/:\s*\n/.test(text)) marks.push('colon')
  if (quotes.test(text.charAt(0))) marks.push('quotation')
  return marks
}

export const openingOf = (answer: string): Opening => {
  const text = folded(answer.trimStart())
  const hits = hitsIn(text)
  const marks = shapeMarks(text)
  for (const [name, sentences] of hits.sentences) {
    marks.push(name)
    for (const sentence of sentences) marks.push(`${name} ${sentence}`)
    if ((hits.first.get(name) ?? Infinity) <= startChars) marks.push(`${name} at the start`)
  }
  marks.push(...pairMarks(hits))
  if (hits.sentences.size === 1) marks.push(`only ${[...hits.sentences.keys()].join('')}`)
  const unable = hits.first.get('unable')
  if (unable !== undefined && unable <= startChars && text.length <= shortChars)
    marks.push('short, unable at the start')
  if (unable !== undefined && quotes.test(text.slice(0, unable))) marks.push('unable in quotation')
  return { text, marks }
}

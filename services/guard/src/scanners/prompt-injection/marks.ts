import { concepts } from './concepts.ts'
import { denseLanguages, type ConceptHit } from './concept-hits.ts'
import { patterns, type PatternHit } from './patterns.ts'
import type { Structure } from './structure.ts'

/**
 * What the model is told of a window besides its n-grams: concepts, and which follow which. The same in every language,
 * so that what was learned of an attack in one holds in the others.
 */

/** How many of the following hits one is paired with, and how near they must be. */
const pairsMax = 6
const pairChars = 70
const countsMax = 3

const count = concepts.length
const lengths = [60, 150, 400] as const

/** A mark is an index into the names. Names, not indices, are what models are trained with. */
const names: string[] = []
const named = (all: readonly string[]): number => names.push(...all) - all.length

const singles = named(concepts.flatMap(name => [name, `${name}×2`, `${name}×3`]))
const openings = named(concepts.map(name => `^${name}`))
const quoteds = named(concepts.map(name => `"${name}`))
const pairs = named(concepts.flatMap(first => concepts.map(second => `${first}>${second}`)))
const nears = named(concepts.flatMap(first => concepts.map(second => `${first}~${second}`)))
const lengthMarks = named([...lengths.map(length => `length<${length}`), 'length<more'])
const patternMarks = named(patterns.map(({ id }) => id))
const strayMark = named(['stray line'])

export const markNames: readonly string[] = names

/** A set of marks: which were seen in this round. One for all windows, so that nothing is cleared. */
const seenIn = new Uint32Array(names.length)
let round = 0

const sentenceStarts = new Set(Array.from('\n.!?。！？؟:：;"“「«>]#').map(character => character.charCodeAt(0)))
const skipped = new Set(Array.from(' *-').map(character => character.charCodeAt(0)))

const startsSentence = (text: string, at: number): boolean => {
  for (let before = at - 1; before >= 0 && before >= at - 4; before--) {
    const code = text.charCodeAt(before)
    if (sentenceStarts.has(code)) return true
    if (!skipped.has(code)) return false
  }
  return at <= 4
}

export const marksOf = (
  text: string,
  hits: readonly ConceptHit[],
  found: readonly PatternHit[],
  structure: Structure,
): number[] => {
  round++
  const marks: number[] = []
  const add = (mark: number): void => {
    if (seenIn[mark] === round) return
    seenIn[mark] = round
    marks.push(mark)
  }
  const counts = new Uint8Array(count)
  const length = lengths.findIndex(each => text.length < each)
  add(lengthMarks + (length < 0 ? lengths.length : length))
  for (let at = 0; at < hits.length; at++) {
    const { concept, start } = hits[at] as ConceptHit
    const seen = counts[concept] as number
    if (seen < countsMax) add(singles + concept * countsMax + seen)
    counts[concept] = Math.min(countsMax, seen + 1)
    if (startsSentence(text, start)) add(openings + concept)
    if (structure.quotes[start] === 1) add(quoteds + concept)
    addPairs(add, hits, at, structure)
  }
  for (const { index } of found) add(patternMarks + index)
  if (structure.strays.length > 0) add(strayMark)
  return marks
}

const addPairs = (
  add: (mark: number) => void,
  hits: readonly ConceptHit[],
  at: number,
  { sentences }: Structure,
): void => {
  const hit = hits[at] as ConceptHit
  const reach = hit.end + ((hit.spoken & denseLanguages) !== 0 ? pairChars / 2 : pairChars)
  const last = Math.min(hits.length, at + pairsMax + 1)
  for (let next = at + 1; next < last; next++) {
    const other = hits[next] as ConceptHit
    if (other.start > reach) return
    if (other.concept === hit.concept) continue
    if (sentences[hit.start] === sentences[other.start]) add(pairs + hit.concept * count + other.concept)
    add(nears + Math.min(hit.concept, other.concept) * count + Math.max(hit.concept, other.concept))
  }
}

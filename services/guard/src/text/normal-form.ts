import * as character from './characters.ts'
import { createRewriter, type Reading } from './offsets.ts'

/** By local names: under vitest, each use of an imported one is a call, which a loop over a megabyte feels. */
const { classAt, classOf, compatible, formOf, invisible, joins, surrogate, widthAt } = character

/** Unicode's stream-safe text has at most 30 marks on a letter. More are decoration and are dropped. */
const joinedMax = 30

/** Marks that compose with nothing, on a Latin letter: struck through, underlined, "Zalgo". */
const decorated = /^(\p{Script=Latin})[\p{Mn}\p{Me}]+$/u

/** Bounds what one letter may become. */
const growthMax = 3

const clusterForms = new Map<string, string>()
const clusterFormsMax = 20_000

const normalised = (cluster: string): string => {
  const form = cluster.normalize('NFKC').replace(decorated, '$1')
  return form.length > cluster.length + growthMax ? cluster : form
}

/** A letter and what joins it. Decomposed text repeats a few hundred of them. */
const formOfCluster = (cluster: string): string => {
  const kept = clusterForms.get(cluster)
  if (kept !== undefined) return kept
  const form = normalised(cluster)
  if (cluster.length <= 4 && clusterForms.size < clusterFormsMax) clusterForms.set(cluster, form)
  return form
}

interface Cluster {
  /** Without what is invisible. */
  readonly text: string
  readonly end: number
}

/** The character that begins at a place, with all that joins it. Invisible characters in between are not in the way. */
const clusterAt = (raw: string, start: number): Cluster => {
  let end = start + widthAt(raw, start)
  let text = raw.slice(start, end)
  let joined = 0
  for (let at = end; at < raw.length;) {
    const kind = classAt(raw, at)
    if (!(kind & (invisible | joins))) break
    const next = at + widthAt(raw, at)
    if (!(kind & invisible)) {
      joined += 1
      if (joined <= joinedMax) text += raw.slice(at, next)
      end = next
    }
    at = next
  }
  return { text, end }
}

const invisiblesEnd = (raw: string, from: number): number => {
  let at = from
  while (at < raw.length && classAt(raw, at) & invisible) at += widthAt(raw, at)
  return at
}

const special = invisible | joins | compatible

/**
 * A text without its invisible characters, in NFKC. Letter by letter, each with what joins it: nothing composes across
 * letters, so this is the same as doing it to the whole text.
 */
export const normalForm = (raw: string): Reading => {
  const rewriter = createRewriter(raw)
  /** Where the character before begins, if another may still join it. */
  let before = -1

  /** Returns how far it read. */
  const readCluster = (start: number): number => {
    const { text, end } = clusterAt(raw, start)
    const form = formOfCluster(text)
    if (form !== text || end - start !== text.length) rewriter.replace(start, end, form)
    return end
  }

  const readSpecial = (at: number, next: number, kind: number): number => {
    const start = before < 0 ? at : before
    before = -1
    if (kind & invisible) {
      const end = invisiblesEnd(raw, next)
      if (start < at && end < raw.length && classAt(raw, end) & joins) return readCluster(start)
      rewriter.replace(at, end, '')
      return end
    }
    if (kind & joins) return readCluster(start)
    const followed = next < raw.length && (classAt(raw, next) & (invisible | joins)) !== 0
    if (followed && clusterAt(raw, at).end > next) return readCluster(at)
    rewriter.replace(at, next, formOf(raw.codePointAt(at) as number))
    return next
  }

  for (let at = 0; at < raw.length;) {
    let kind = classOf(raw.charCodeAt(at))
    let next = at + 1
    if (kind & surrogate) {
      kind = classAt(raw, at)
      next = at + widthAt(raw, at)
    }
    if (kind & special) at = readSpecial(at, next, kind)
    else {
      before = at
      at = next
    }
  }
  return rewriter.finish()
}

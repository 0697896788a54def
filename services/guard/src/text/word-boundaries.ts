/** Words that prompts and attacks are made of. What is between them stays together. */
const vocabulary = new Set(
  `about above access according account act acting add admin administrator after again all allow also always am an and another answer
  answers any anything are as ask assistant at attack avoid available be because been before begin being below bomb build bypass but
  by call can cannot change character chat code command commands complete confidential content context continue conversation could
  create credentials data database debug delete describe details developer did disable disclose display disregard do document does
  don't drug earlier email enable end ensure enter erase every everything example exactly execute explain explicit file filter filters
  first follow following for forget free from full function generate get give given go got guideline guidelines had harmful has have he
  hello help her here hidden him his history how however dan if ignore ignored ignoring illegal immediately important in inappropriate
  include information initial input instead instruction instructions internal into is it its jailbreak just keep key know language last
  let like limit limitations list longer make making malicious many may me message messages might mode model money more most must my
  never new no not nothing now of off on once one only open or order original other our out output over override own pass password
  passwords past people perform person please policies policy pretend prevent previous previously print prior private program prompt
  prompts protected protocol provide put question read real refuse remember remove repeat reply request requests respond response
  restricted restriction restrictions return reveal role rule rules run safe safety said same say secret secrets security see send
  sensitive set she should show simulate so some something start state step steps stop story subject such system take tell text than
  that the their them then there these they thing think this those through to token tokens told translate true uncensored under
  unfiltered unlimited unrestricted until up us use used user users using very virus want was way we weapon were what when where which
  who why will with within without word words work would write you your yourself`.split(/\s+/),
)

const wordCharsMax = 15
const wordCost = 2
/** A letter left over. */
const leftOverCost = 3

/** Where the words of a text without spaces begin, but for the first: the parse with the fewest words and letters left over. */
export const wordStarts = (letters: string): readonly number[] => {
  const costs = new Uint32Array(letters.length + 1)
  /** Length of the word that ends here; 0 for a letter left over. */
  const lengths = new Uint8Array(letters.length + 1)
  for (let end = 1; end <= letters.length; end += 1) {
    costs[end] = (costs[end - 1] as number) + leftOverCost
    for (let length = 1; length <= Math.min(wordCharsMax, end); length += 1) {
      const cost = (costs[end - length] as number) + wordCost
      if (cost < (costs[end] as number) && vocabulary.has(letters.slice(end - length, end))) {
        costs[end] = cost
        lengths[end] = length
      }
    }
  }
  return startsOf(partsOf(lengths))
}

interface Part {
  readonly start: number
  readonly end: number
  readonly isWord: boolean
}

/** From the parse, back to front. */
const partsOf = (lengths: Uint8Array): readonly Part[] => {
  const parts: Part[] = []
  for (let end = lengths.length - 1; end > 0;) {
    const length = lengths[end] as number
    const start = end - Math.max(1, length)
    parts.push({ start, end, isWord: length > 0 })
    end = start
  }
  return parts.reverse()
}

/** Where words begin and end. A short one beside letters left over is a part of the same name. */
const startsOf = (parts: readonly Part[]): readonly number[] => {
  const stands = parts.map((part, index) => {
    const isBeside = parts[index - 1]?.isWord === false || parts[index + 1]?.isWord === false
    return part.isWord && (part.end - part.start > 2 || !isBeside)
  })
  return parts.filter((_, index) => index > 0 && (stands[index] || stands[index - 1])).map(part => part.start)
}

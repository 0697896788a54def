const unreadable = /(?![\t\n\r])\p{Cc}|[\uFFFD\p{Cn}\p{Co}]/u
const readable = /[\p{L}\p{M}\p{N}\p{Zs}\s.,;:!?'"、。，！？؟،-]/gu
const lettersMin = 3
const shareMin = 0.85
/** Enough to tell. */
const looksCharsMax = 256

/** Whether bytes that were taken for text are one: hardly any random bytes are. */
export const isReadable = (text: string): boolean => {
  const extract = text.slice(0, looksCharsMax)
  if (unreadable.test(extract)) return false
  const count = extract.match(readable)?.length ?? 0
  return count >= shareMin * Array.from(extract).length && (extract.match(/\p{L}/gu)?.length ?? 0) >= lettersMin
}

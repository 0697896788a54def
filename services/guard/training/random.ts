/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export type Random = () => number

export const randomFrom = (seed: number): Random => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** 32 bits of a text (FNV-1a, then mixed). */
export const hashOf = (text: string): number => {
  let hash = 0x81_1c_9d_c5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** The same from 0 to 1. */
export const shareOf = (text: string): number => hashOf(text) / 2 ** 32

export const pick = <T>(values: readonly T[], random: Random): T => {
  if (values.length === 0) throw new Error('nothing to pick from')
  return values[Math.floor(random() * values.length)] as T
}

/** In place. */
export const shuffle = (values: Int32Array, random: Random): void => {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const kept = values[last] as number
    values[last] = values[other] as number
    values[other] = kept
  }
}

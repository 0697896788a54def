/** Service times in steps of 4.4 %: closer ones are not known apart, and the load decides between their hosts. */

const stepsPerOctave = 16
/** Up to 2^20 ms, 17 minutes. */
export const binCount = 20 * stepsPerOctave + 1

export const binOf = (ms: number): number =>
  ms <= 1 ? 0 : Math.min(binCount - 1, Math.round(Math.log2(ms) * stepsPerOctave))

const msOfBins: readonly number[] = Array.from({ length: binCount }, (_, bin) => 2 ** (bin / stepsPerOctave))

export const msOf = (bin: number): number => msOfBins[bin] ?? 0

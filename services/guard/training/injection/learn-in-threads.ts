import { Piscina } from 'piscina'
import type { Network } from '../../src/scanners/prompt-injection/network.ts'
import type { RowsFrom } from '../task.ts'
import { folds, type ShapeName } from './learning.ts'

/** What one thread does at a time: a fold, or, without one, the network itself. */
export interface Part {
  readonly shape: ShapeName
  readonly fold: number | undefined
}

export type PartResult = { readonly network: Network } | { readonly sums: Float64Array }

/** Each holds all rows: about 2 GB. */
const threads = 2

/** A network, and per row the sum by one that has not seen it. */
export interface Learned {
  readonly network: Network
  readonly sums: Float64Array
}

export const learnInThreads = async (from: RowsFrom): Promise<Record<ShapeName, Learned>> => {
  await using pool = new Piscina<Part, PartResult>({
    filename: new URL('learn-thread.ts', import.meta.url).href,
    workerData: from,
    minThreads: threads,
    maxThreads: threads,
  })
  const learned = async (shape: ShapeName): Promise<Learned> => {
    const parts = [undefined, ...Array.from({ length: folds }, (_, fold) => fold)]
    const results = await Promise.all(parts.map(fold => pool.run({ shape, fold })))
    const networks = results.flatMap(result => ('network' in result ? [result.network] : []))
    const sums = results.flatMap(result => ('sums' in result ? [result.sums] : []))
    return {
      network: networks[0] as Network,
      sums: (sums[0] as Float64Array).map((_, row) => sums.reduce((sum, of) => sum + (of[row] as number), 0)),
    }
  }
  // The longest first.
  const [wide, marksOnly] = await Promise.all([learned('wide'), learned('marksOnly')])
  return { wide, marksOnly }
}

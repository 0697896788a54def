import { workerData } from 'node:worker_threads'
import type { RowsFrom } from '../task.ts'
import type { Part, PartResult } from './learn-in-threads.ts'
import { Learning } from './learning.ts'
import { injectionRows } from './rows.ts'

/** It reads the rows itself, which takes less than being sent them. */
const from = workerData as RowsFrom
const learning = new Learning(injectionRows(from), from.seed)

export default ({ shape, fold }: Part): PartResult =>
  fold === undefined ? { network: learning.network(shape) } : { sums: learning.unseenSums(shape, fold) }

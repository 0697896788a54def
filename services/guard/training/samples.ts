import { Features, markBucket } from '../src/model/features.ts'
import { eachWindow } from '../src/model/windows.ts'
import { Subject } from '../src/text/subject.ts'
import type { Row } from './row.ts'
import type { Task } from './task.ts'

/** A row as the model sees it. */
export interface Sample {
  readonly buckets: Int32Array
  /** From, to, from, to, …: the features of each window. */
  readonly windows: Int32Array
  readonly marks: Int32Array
}

export const samplesOf = (task: Task, rows: readonly Row[]): Sample[] => {
  const features = new Features(task.features)
  return rows.map(row => {
    const subject = new Subject(row.text)
    features.read(task.text?.(subject) ?? subject.normal.folded)
    const windows: number[] = []
    const { count } = features
    const last = count === 0 ? 0 : (features.offsets[count - 1] as number) + 1
    eachWindow(features, 0, last, (from, to) => windows.push(from, to))
    const marks = task.marks?.(subject) ?? []
    return {
      buckets: features.buckets.slice(0, count),
      windows: Int32Array.from(windows),
      marks: Int32Array.from(marks, mark => markBucket(mark, task.features.bits)),
    }
  })
}

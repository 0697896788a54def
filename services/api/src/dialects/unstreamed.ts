import type { Dialect } from './dialect.ts'

/** Half of a dialect that has no streamed form, and whose `parse` therefore never asks for one. */
export const unstreamed: Pick<Dialect, 'streamType' | 'stream'> = {
  streamType: 'application/json',
  stream: () => {
    throw new Error('there is no streamed form')
  },
}

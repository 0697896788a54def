/** Stands in a stream for "nothing came for a while". */
export const quiet = Symbol('quiet')

/**
 * Passes `source` through and yields `quiet` when nothing audible came for `firstMs`, then every `everyMs`; the clock
 * starts anew with each audible item. Returns `source` when it is returned.
 */
export async function* withQuiet<T>(
  source: AsyncGenerator<T>,
  times: { firstMs: number; everyMs: number },
  audible: (item: T) => boolean = () => true,
): AsyncGenerator<T | typeof quiet> {
  let timer: NodeJS.Timeout | undefined
  let tick = Promise.withResolvers<typeof quiet>()
  const wind = (ms: number): void => {
    clearTimeout(timer)
    tick = Promise.withResolvers()
    timer = setTimeout(() => tick.resolve(quiet), ms)
  }
  try {
    wind(times.firstMs)
    for (let next = source.next(); ;) {
      const winner = await Promise.race([next, tick.promise])
      if (winner === quiet) {
        wind(times.everyMs)
        yield quiet
        continue
      }
      if (winner.done === true) return
      if (audible(winner.value)) wind(times.everyMs)
      yield winner.value
      next = source.next()
    }
  } finally {
    clearTimeout(timer)
    await source.return(undefined)
  }
}

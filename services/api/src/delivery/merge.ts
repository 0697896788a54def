/** Items of several streams as they come, each with the index of its stream. Ends when all have; returns all of them. */
export async function* merge<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<{ index: number; value: T }> {
  const pending = new Map(sources.map((source, index) => [index, pull(source, index)]))
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values())
      if (result.done === true) pending.delete(index)
      else {
        const source = sources[index]
        if (source !== undefined) pending.set(index, pull(source, index))
        yield { index, value: result.value }
      }
    }
  } finally {
    await Promise.allSettled([...pending.values(), ...sources.map(source => source.return(undefined))])
  }
}

const pull = async <T>(
  source: AsyncGenerator<T>,
  index: number,
): Promise<{ index: number; result: IteratorResult<T> }> => ({ index, result: await source.next() })

/**
 * How many hosts this worker looks after, so that nobody has two more than another. Who has more keeps what does not
 * divide evenly, so that a worker that joins moves as few hosts as it can.
 * @param living ids of the workers, this one among them.
 * @param owners of all hosts; null where nobody has it.
 */
export const fairShare = (workerId: string, living: readonly string[], owners: readonly (string | null)[]): number => {
  const counts = new Map(living.map(id => [id, 0]))
  for (const owner of owners) if (owner !== null && counts.has(owner)) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  const ranked = [...counts].sort(([idA, a], [idB, b]) => b - a || (idA < idB ? -1 : 1)).map(([id]) => id)
  const extra = ranked.indexOf(workerId) < owners.length % ranked.length ? 1 : 0
  return Math.floor(owners.length / ranked.length) + extra
}

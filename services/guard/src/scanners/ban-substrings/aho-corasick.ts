/** A state of the automaton: the longest suffix of what was read that begins a pattern. */
export interface State {
  readonly next: Map<number, State>
  /** Length of that suffix in code points. */
  readonly depth: number
  /** The state of its longest proper suffix that begins a pattern; the root's is itself. */
  fail: State
  /** The longest pattern that is a proper suffix of it. */
  shorter: State | undefined
  /** The pattern that ends here, by the name it was given. */
  rule: string | undefined
}

const state = (depth: number, root?: State): State => {
  const made: State = { next: new Map(), depth, fail: root as State, shorter: undefined, rule: undefined }
  made.fail = root ?? made
  return made
}

/** Aho-Corasick over code points: every pattern is looked for at once, in one pass, whatever their number. */
export const automaton = (patterns: Iterable<readonly [rule: string, points: readonly number[]]>): State => {
  const root = state(0)
  for (const [rule, points] of patterns) {
    let at = root
    for (const point of points) {
      const known = at.next.get(point) ?? state(at.depth + 1, root)
      at.next.set(point, known)
      at = known
    }
    at.rule ??= rule
  }
  // Breadth first: a state's fail is shorter than the state, so it is complete when it is needed.
  const queue = [...root.next.values()]
  for (const at of queue) {
    at.shorter = at.fail.rule === undefined ? at.fail.shorter : at.fail
    for (const [point, child] of at.next) {
      child.fail = step(at.fail, point)
      queue.push(child)
    }
  }
  return root
}

export const step = (from: State, point: number): State => {
  let at = from
  while (at.depth > 0 && !at.next.has(point)) at = at.fail
  return at.next.get(point) ?? at
}

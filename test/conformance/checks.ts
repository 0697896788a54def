/** How many numbered checks there are, and which of them no test of this repository can make, with the reason. */

export const checksCount = 168

const background = 'background responses are not offered yet: `background: true` is refused (check 88 tests it)'
const files = 'files and batches are not offered yet: their paths answer 404'

const range = (first: number, last: number, reason: string): [number, string][] =>
  Array.from({ length: last - first + 1 }, (_, index) => [first + index, reason])

export const notApplicable: ReadonlyMap<number, string> = new Map([
  ...range(92, 99, background),
  [105, background],
  ...range(106, 132, files),
  [160, 'needs a real Ollama with a model; see docs/conformance.md for what was run by hand'],
])

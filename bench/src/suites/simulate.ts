import { readOptions, type Count } from '../options.ts'
import { compareFairness } from '../simulate/fairness.ts'
import { decisionCost, runScale } from '../simulate/scale.ts'
import { compareSwaps } from '../simulate/swaps.ts'
import { compareUneven } from '../simulate/uneven.ts'
import type { Suite } from '../suite.ts'
import { simulateReport } from './simulate-report.ts'

/** The services' own decisions over simulated hosts and time. */

const counts = {
  requests: { default: 20_000, min: 100, max: 10_000_000 },
  'scale-hosts': { default: 2_000, min: 1, max: 100_000 },
  'scale-requests': { default: 1_000_000, min: 100, max: 10_000_000 },
} satisfies Record<string, Count>

/** Loads are rare: a fifth of the requests shows as much. */
const swapShare = 0.2
const decisions = 200_000

export const simulate: Suite = {
  summary: 'who takes which job: drover’s decisions against other policies, on simulated hosts',
  usage: `    --requests N        requests per policy, load and seed (${counts.requests.default})
    --scale-hosts N     hosts of the large run (${counts['scale-hosts'].default})
    --scale-requests N  requests of the large run (${counts['scale-requests'].default})
    --json              all figures`,
  run: async (args, { signal, progress }) => {
    const { json, counts: options } = readOptions(args, counts)
    const step = (name: string): void => {
      signal.throwIfAborted()
      progress(name)
    }
    const uneven = compareUneven(options.requests, step)
    const swaps = compareSwaps(Math.ceil(options.requests * swapShare), step)
    step('two callers')
    const fairness = compareFairness()
    step('cost of a decision')
    const costs = [3, 30, 300].flatMap(hosts => [10, 100_000].map(waiting => decisionCost(hosts, waiting, decisions)))
    step(`${options['scale-hosts']} hosts, ${options['scale-requests']} requests`)
    const scale = runScale(options['scale-hosts'], options['scale-requests'])
    const result = { options, uneven, swaps, fairness, costs, scale }
    return json ? JSON.stringify(result, undefined, 2) : simulateReport(result)
  },
}

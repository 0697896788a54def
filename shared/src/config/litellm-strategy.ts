import type { Fleet } from './litellm-models.ts'
import type { Conversion, Section } from './litellm-section.ts'
import type { Strategy } from './schema.ts'
import { strategies } from './schema.ts'
import { didYouMean } from './suggest.ts'

const instead = 'least_busy is used instead: the host that will be done with it first takes the next request'
const shuffle = 'is weighted: shares are kept exactly, not by chance. On uneven hosts least-busy answers sooner'

/** LiteLLM's names and drover's own, and what to warn of. */
const routing: Readonly<Record<string, { strategy: Strategy; warning?: string }>> = {
  'least-busy': { strategy: 'least_busy' },
  'simple-shuffle': { strategy: 'weighted', warning: shuffle },
  'usage-based-routing': { strategy: 'least_busy', warning: instead },
  'usage-based-routing-v2': { strategy: 'least_busy', warning: instead },
  'latency-based-routing': { strategy: 'least_busy', warning: instead },
  'cost-based-routing': { strategy: 'least_busy', warning: instead },
  ...Object.fromEntries(strategies.map(strategy => [strategy, { strategy }])),
}

export const readStrategy = (section: Section, key: string, to: Conversion): Strategy | undefined => {
  const path = section.pathOf(key)
  const name = section.text(key)
  if (name === undefined) return undefined
  const known = Object.hasOwn(routing, name) ? routing[name] : undefined
  if (known === undefined) {
    const names = Object.keys(routing)
    to.problems.push({ path, message: `must be one of ${names.join(', ')}${didYouMean(name, names)}` })
  }
  if (known?.warning !== undefined) to.warnings.push({ path, message: known.warning })
  return known?.strategy
}

export const warnOfWeights = ({ hosts }: Fleet, strategy: Strategy | undefined, to: Conversion): void => {
  if (strategy === 'weighted') return
  for (const [index, { weight }] of hosts.entries())
    if (weight !== undefined)
      to.warnings.push({
        path: to.origins.find(`hosts[${index}].weight`),
        message: 'its weight is kept, but counts only under the strategy weighted',
      })
}

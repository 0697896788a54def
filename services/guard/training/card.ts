import { metricsOf, type Scored } from './metrics.ts'
import type { Row } from './row.ts'
import { originOf } from './sources.ts'

/** `<name>.card.md`: what a model was made of, and what it is worth. */

export interface ScoredRow extends Scored {
  readonly row: Row
}

export interface CardFacts {
  readonly name: string
  /** What kind of model it is, and how it was made. */
  readonly about: string
  /** What it learned from. */
  readonly rows: readonly Row[]
  /** What it has not learned from, with its scores. */
  readonly dev: readonly ScoredRow[]
  readonly limits: string
}

export const modelCard = ({ name, about, rows, dev, limits }: CardFacts): string => `# ${name}

${about}

## Learned from

${table(['source', 'repository', 'licence', 'languages', 'yes', 'no'], sourcesOf(rows))}

## Figures

At the default threshold, on rows that it has not learned from: the \`dev\` part, and authored templates kept aside.

${table(['language', 'source', 'rows', 'yes', 'recall', 'false positives', 'AUC'], figuresOf(dev))}

## Limits

${limits}
`

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const grouped = <T>(values: readonly T[], keyOf: (value: T) => string): [string, T[]][] => {
  const groups = new Map<string, T[]>()
  for (const value of values) {
    const group = groups.get(keyOf(value))
    if (group) group.push(value)
    else groups.set(keyOf(value), [value])
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

const sourcesOf = (rows: readonly Row[]): string[][] =>
  grouped(rows, row => row.source).map(([source, of]) => [
    source,
    originOf(source).repository,
    originOf(source).licence,
    [...new Set(of.map(row => row.lang))].sort().join(' '),
    String(of.filter(row => row.label === 1).length),
    String(of.filter(row => row.label === 0).length),
  ])

const figuresOf = (dev: readonly ScoredRow[]): string[][] =>
  [
    ...grouped(dev, () => 'all|all'),
    ...grouped(dev, each => `${each.row.lang}|all`),
    ...grouped(dev, each => `${each.row.lang}|${each.row.source}`),
  ].map(([key, of]) => {
    const { positives, recall, falsePositiveRate, auc } = metricsOf(of)
    return [
      ...key.split('|'),
      String(of.length),
      String(positives),
      percent(recall),
      percent(falsePositiveRate),
      decimals(auc),
    ]
  })

const percent = (share: number): string => (Number.isNaN(share) ? '–' : `${(share * 100).toFixed(1)} %`)

const decimals = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(3))

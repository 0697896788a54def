import { hideCredentials } from '@drover/shared/config/problem'
import { styleText } from 'node:util'

export interface BannerFacts {
  url: string
  redis: string
  /** The admin listener's. */
  adminUrl: string | undefined
  hosts: readonly { id: string; url: string }[]
  /** First sentence about the demo: why it runs. Undefined outside a demo. */
  demo: string | undefined
  /** What readiness last answered, if it is not ready. */
  problem: string | undefined
  model: string | undefined
  hasKeys: boolean
}

const HOSTS_SHOWN_MAX = 8

/** @param style whether the terminal shows colours. */
export const banner = (facts: BannerFacts, style: boolean): string => {
  const bold = (text: string): string => (style ? styleText('bold', text, { validateStream: false }) : text)
  return [
    '',
    facts.problem === undefined
      ? bold(`drover is ready: ${facts.url}`)
      : bold(`drover runs at ${facts.url} but is not ready yet: ${facts.problem}`),
    '',
    row('redis', facts.redis),
    row('hosts', hostLines(facts.hosts)),
    ...(facts.adminUrl === undefined ? [] : [row('admin', facts.adminUrl)]),
    ...(facts.demo === undefined ? [] : [row('demo', demoLines(facts.demo))]),
    '',
    facts.model === undefined
      ? `  No host offers a model yet. ${facts.url}/health says why.`
      : `  try\n\n${curl(facts, facts.model)}`,
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n')
}

const row = (label: string, text: string): string => `  ${label.padEnd(7)} ${text.replaceAll('\n', '\n          ')}`

const hostLines = (hosts: BannerFacts['hosts']): string => {
  const shown = hosts.slice(0, HOSTS_SHOWN_MAX).map(({ id, url }) => `${id} ${hideCredentials(url)}`)
  const rest = hosts.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')
}

const demoLines = (because: string): string =>
  `${because}, so stand-in hosts make up the answers.\nFor real ones, name your hosts in drover.yaml and start again.`

/** Not indented, so that it can be copied as it stands. */
const curl = ({ url, hasKeys }: BannerFacts, model: string): string => {
  const body = {
    model,
    stream: true,
    messages: [{ role: 'user', content: 'Why is the sky blue?' }],
  }
  return [
    `curl -N ${url}/v1/chat/completions`,
    ...(hasKeys ? [`-H 'authorization: Bearer YOUR_KEY'`] : []),
    `-H 'content-type: application/json'`,
    `-d ${shellQuoted(JSON.stringify(body))}`,
  ].join(' \\\n  ')
}

/** A model's name comes from a host: it must stay text in a shell. */
const shellQuoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

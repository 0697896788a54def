import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startRedisServer } from '../support/redis-server.ts'
import { startStack } from '../support/stack.ts'
import { runFlow, type Flow, type Row, type Target } from './flow.ts'
import { aiSdkFlows } from './flows/ai-sdk.ts'
import { anthropicFlows } from './flows/anthropic.ts'
import { harmFlows } from './flows/harm.ts'
import { langchainFlows } from './flows/langchain.ts'
import { lifeFlows } from './flows/life.ts'
import { ollamaFlows } from './flows/ollama.ts'
import { openaiFlows } from './flows/openai.ts'
import { refusalFlows } from './flows/refusals.ts'
import { findModels } from './models.ts'
import { serve, type OllamaServer } from './server.ts'

/**
 * `npm run real -- --url http://127.0.0.1:11434 --model NAME`: what clients see of a real Ollama, straight and through
 * drover, side by side. With `--serve PROGRAM` in place of `--url` the run has an Ollama of its own, and also kills it.
 * Ends with 1 when something differs that is not meant to. See docs/conformance.md.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    serve: { type: 'string' },
    model: { type: 'string' },
    embedder: { type: 'string' },
    /** A model whose answers are long. */
    long: { type: 'string' },
    tools: { type: 'string' },
    /** A model without a TEMPLATE in its Modelfile. */
    native: { type: 'string' },
    /** Requests the Ollama runs at once (OLLAMA_NUM_PARALLEL). */
    slots: { type: 'string', default: '2' },
    /** Only flows whose name has this in it. */
    only: { type: 'string', default: '' },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const cellMax = 300
const cell = (text: string): string =>
  (text.length > cellMax ? `${text.slice(0, cellMax)}…` : text).replaceAll('|', '\\|').replaceAll('\n', ' ')

const sayRow = ({ flow, direct, through, verdict, why }: Row): void => {
  const shown = verdict === 'same' ? '' : cell(through)
  say(`| ${flow} | ${cell(direct)} | ${shown} | ${verdict}${why === '' ? '' : `: ${why}`} |`)
}

const all: readonly Flow[] = [
  ...ollamaFlows,
  ...openaiFlows,
  ...anthropicFlows,
  ...aiSdkFlows,
  ...langchainFlows,
  ...refusalFlows,
  ...lifeFlows,
  ...harmFlows,
]

const compare = async (ollamaUrl: string, server: OllamaServer | undefined): Promise<number> => {
  await using redis = await startRedisServer()
  const slots = Number(values.slots)
  await using stack = await startStack({
    redisUrl: redis.url,
    hosts: [],
    otherHosts: [{ url: ollamaUrl, type: 'ollama', slots }],
    config: { clients: { unload: true } },
  })
  const models = await findModels(ollamaUrl, { ...values, model: values.model ?? '' })
  const settled = (url: string) => async (): Promise<void> => {
    const messages = [{ role: 'user', content: 'hi' }]
    const body = JSON.stringify({ model: models.long, messages, stream: false, options: { num_predict: 1 } })
    while (!(await fetch(`${url}/api/chat`, { method: 'POST', body })).ok) await sleep(100)
  }
  const target = (url: string): Target => ({ url, models, ollamaUrl, server, settled: settled(url) })
  say('| flow | direct | through drover | same? |\n| --- | --- | --- | --- |')
  const rows: Row[] = []
  for (const flow of all.filter(({ name }) => name.includes(values.only))) {
    const row = await runFlow(flow, target(ollamaUrl), target(stack.url))
    sayRow(row)
    rows.push(row)
  }
  const count = (verdict: Row['verdict']): number => rows.filter(row => row.verdict === verdict).length
  const verdicts = ['same', 'differs on purpose', 'DIFFERENT', 'not run'] as const
  say(`\n${verdicts.map(verdict => `${count(verdict)} ${verdict}`).join(', ')}`)
  for (const { flow, direct, through, verdict } of rows)
    if (verdict === 'DIFFERENT') say(`\n${flow}\n  direct   ${direct}\n  through  ${through}`)
  return count('DIFFERENT') === 0 ? 0 : 1
}

const main = async (): Promise<number> => {
  if (values.model === undefined || (values.url === undefined) === (values.serve === undefined)) {
    say(
      'usage: npm run real -- (--url URL | --serve PROGRAM) --model NAME [--embedder NAME] [--long NAME] [--tools NAME] [--native NAME] [--slots N]',
    )
    return 2
  }
  await using server = values.serve === undefined ? undefined : await serve(values.serve, Number(values.slots))
  return await compare(server?.url ?? values.url ?? '', server)
}

process.exitCode = await main()

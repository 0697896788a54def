import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import { OpenAI } from 'openai'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Flow, Target } from '../flow.ts'
import type { OllamaServer } from '../server.ts'

/** What clients see when their host is killed in the middle of an answer. Only with a server that is the run's own. */

const messages = [{ role: 'user' as const, content: 'hello' }]

/** Reads an answer in a client's way; `begun` is called at its first piece. Rejects as the client does. */
type Read = (target: Target, begun: () => void) => Promise<unknown>

const byOllama: Read = async ({ url, models }, begun) => {
  const ollama = new Ollama({ host: url })
  for await (const part of await ollama.chat({ model: models.long, messages, stream: true })) {
    begun()
    if (part.done) return part.done_reason
  }
  return 'an end without a last word'
}

const byGenerate: Read = async ({ url, models }, begun) => {
  const ollama = new Ollama({ host: url })
  for await (const part of await ollama.generate({ model: models.long, prompt: 'hello', stream: true })) {
    begun()
    if (part.done) return part.done_reason
  }
  return 'an end without a last word'
}

const byChat: Read = async ({ url, models }, begun) => {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  const stream = await openai.chat.completions.create({ model: models.long, messages, stream: true })
  for await (const { choices } of stream) {
    begun()
    const finish = choices[0]?.finish_reason
    if (finish) return finish
  }
  return 'an end without a last word'
}

const byResponses: Read = async ({ url, models }, begun) => {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
  const stream = await openai.responses.create({ model: models.long, input: 'hello', stream: true })
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') begun()
    if (event.type === 'response.failed') return { failed: event.response.error?.message }
    if (event.type === 'response.completed') return event.response.status
  }
  return 'an end without a last word'
}

const byMessages: Read = async ({ url, models }, begun) => {
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
  const stream = await anthropic.messages.create({ model: models.long, messages, max_tokens: 20_000, stream: true })
  for await (const event of stream) {
    if (event.type === 'content_block_delta') begun()
    if (event.type === 'message_stop') return 'message_stop'
  }
  return 'an end without a last word'
}

/** With a server of the run's own, which is up again afterwards. */
const harmed = async (target: Target, harm: (server: OllamaServer) => Promise<unknown>): Promise<unknown> => {
  const { server } = target
  if (server === undefined) return undefined
  await target.settled()
  try {
    return await harm(server)
  } finally {
    await server.start()
    await target.settled()
  }
}

const killed = (read: Read, kill: (server: OllamaServer) => Promise<void>) => (target: Target) =>
  harmed(target, async server => {
    let killing: Promise<void> | undefined
    const outcome = await read(target, () => void (killing ??= kill(server))).then(
      end => ({ end }),
      (error: unknown) => ({ thrown: `${(error as Error).constructor.name}: ${(error as Error).message}` }),
    )
    await killing
    return outcome
  })

const killRunners = (server: OllamaServer): Promise<void> => server.killRunners()
const stop = (server: OllamaServer): Promise<void> => server.stop()

const short = async ({ url, models }: Target): Promise<number> => {
  const body = JSON.stringify({ model: models.chat, messages, stream: false, options: { num_predict: 2 } })
  const response = await fetch(`${url}/api/chat`, { method: 'POST', body })
  await response.text()
  return response.status
}

/** Asked while both slots are taken, by answers that end with the server. */
const waiting = (target: Target): Promise<unknown> =>
  harmed(target, async server => {
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    let count = 0
    const running = [1, 2].map(() => byOllama(target, () => void (++count > 20 && resolve())).catch(() => 'cut'))
    await begun
    const waits = short(target).catch((error: unknown) => (error as Error).message)
    await sleep(200)
    await server.stop()
    await sleep(1_000)
    await server.start()
    return { running: await Promise.all(running), waiting: await waits }
  })

const hidden = 'Ollama’s own endpoint hides the error; drover tells it'
const told = 'drover’s words, the same for every host that is lost'

export const harmFlows: readonly Flow[] = [
  { name: 'runner killed, ollama-js chat', differs: told, run: killed(byOllama, killRunners) },
  { name: 'runner killed, ollama-js generate', differs: told, run: killed(byGenerate, killRunners) },
  { name: 'runner killed, openai chat', differs: hidden, run: killed(byChat, killRunners) },
  { name: 'runner killed, openai responses', differs: hidden, run: killed(byResponses, killRunners) },
  { name: 'runner killed, anthropic', differs: hidden, run: killed(byMessages, killRunners) },
  { name: 'server stopped, ollama-js chat', differs: told, run: killed(byOllama, stop) },
  { name: 'server stopped, openai chat', differs: told, run: killed(byChat, stop) },
  { name: 'server stopped, openai responses', differs: told, run: killed(byResponses, stop) },
  { name: 'server stopped, anthropic', differs: told, run: killed(byMessages, stop) },
  {
    name: 'server stopped and started, one request waiting',
    differs: 'a request that waits in drover is answered once the server is back',
    run: waiting,
  },
]

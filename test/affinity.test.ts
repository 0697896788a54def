import { setStrategy } from '@drover/shared/settings'
import { expect, inject, test } from 'vitest'
import type { FakeOllama } from './fakes/ollama/server.ts'
import { chat } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

/** So long that its reading takes a quarter of a second. */
const topic = 'On the nature of things. '.repeat(100)

interface Turn {
  readonly role: string
  readonly content: string
}

/** Which host answered. */
const turn = async (stack: Stack, messages: Turn[]): Promise<number> => {
  const result = await chat(stack.url, { body: { messages, max_tokens: 5 } })
  expect(result.status).toBe(200)
  // As long as the conversation is: no other has sent the same.
  const { content: topicOf } = messages[0]!
  const isThis = ({ body }: { readonly body: string }): boolean => {
    const sent = (JSON.parse(body) as { messages: Turn[] }).messages
    return sent.length === messages.length && sent[0]?.content === topicOf
  }
  const host = stack.hosts.findIndex(({ requests }) => requests.some(isThis))
  messages.push({ role: 'assistant', content: result.text }, { role: 'user', content: 'Go on.' })
  return host
}

const slowReaders = { promptCharMs: 0.1, tokenMs: 1 }

/** Every host has the model in memory and has measured itself. */
const measure = async (stack: Stack): Promise<void> => {
  const once = async (round: number): Promise<unknown> =>
    Promise.all(
      stack.hosts.map((_, index) =>
        chat(stack.url, { body: { messages: [{ role: 'user', content: `${index} ${round} ${topic}` }] } }),
      ),
    )
  await setStrategy(stack.redis, stack.keys, 'round_robin')
  const allAnswered = (): boolean => stack.hosts.every(host => host.requests.length >= 2)
  for (let round = 0; !allAnswered(); round += 1) await once(round)
  await setStrategy(stack.redis, stack.keys, undefined)
  // What it was told by then is known everywhere a probe later.
  await expect
    .poll(async () => Object.values(await stack.redis.hgetall(stack.keys.hosts)).join())
    .not.toContain('"loaded":false')
  // Conversations are remembered only once the api has heard of it, too: round_robin counts a turn for each request.
  const turns = async (): Promise<unknown> => stack.redis.get(stack.keys.turn('llama3.2'))
  await expect
    .poll(async () => {
      const before = await turns()
      await chat(stack.url, { body: { messages: [{ role: 'user', content: 'Hi.' }], max_tokens: 1 } })
      return (await turns()) === before
    })
    .toBe(true)
}

test('a conversation goes on where its beginning is in the cache, though others are free', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [slowReaders, slowReaders, slowReaders],
    config: { slots: 1 },
  })
  await measure(stack)
  const conversations = Array.from({ length: 3 }, (_, nth): Turn[] => [{ role: 'user', content: `${nth} ${topic}` }])
  const hosts = await Promise.all(conversations.map(messages => turn(stack, messages)))
  let stayed = 0
  for (let round = 0; round < 4; round += 1)
    for (const [nth, messages] of conversations.entries()) {
      const host = await turn(stack, messages)
      if (host === hosts[nth]) stayed += 1
      hosts[nth] = host
    }
  expect(stayed).toBeGreaterThanOrEqual(10)
  expect(new Set(hosts).size).toBe(3)
})

/**
 * Has the host run what goes on from the messages and does not end; answers how to end it. In the first milliseconds
 * after its answer the host may be thought to be busy yet: another one has it then, and it is asked again.
 */
const occupy = async (stack: Stack, warm: FakeOllama, messages: Turn[]): Promise<() => Promise<void>> => {
  for (;;) {
    const leave = new AbortController()
    const body = { messages: [...messages, { role: 'user', content: 'At length.' }], max_tokens: 10_000 }
    const long = chat(stack.url, { body, signal: leave.signal }).catch(() => {})
    const end = async (): Promise<void> => {
      leave.abort()
      await long
    }
    await Promise.any(stack.hosts.map(host => host.waitFor(() => host.running === 1, 5_000)))
    if (warm.running === 1) return end
    await end()
    await Promise.all(stack.hosts.map(host => host.waitFor(() => host.running === 0, 5_000)))
  }
}

test('it does not wait for the host longer than reading it anew would take', async () => {
  await using stack = await startStack({ redisUrl, hosts: [slowReaders, slowReaders], config: { slots: 1 } })
  await measure(stack)
  const messages: Turn[] = [{ role: 'user', content: topic }]
  const warm = stack.hosts[await turn(stack, messages)]!
  // Fifty times as long as the gain.
  const end = await occupy(stack, warm, messages)
  const startedMs = performance.now()
  expect(await turn(stack, messages)).not.toBe(stack.hosts.indexOf(warm))
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  await end()
})

test('whoever has many conversations does not keep another from its turn', async () => {
  const keys = ['sk-of-many-conversations', 'sk-of-a-single-question']
  const [many, single] = keys.map(key => ({ authorization: `Bearer ${key}` }))
  await using stack = await startStack({
    redisUrl,
    hosts: [{ promptCharMs: 0.02, tokenMs: 10 }],
    config: { slots: 1, server: { keys } },
  })
  const leave = new AbortController()
  let turns = 0
  const converse = async (nth: number): Promise<void> => {
    const messages: Turn[] = [{ role: 'user', content: `${nth} ${topic}` }]
    while (!leave.signal.aborted) {
      const { text } = await chat(stack.url, {
        body: { messages, max_tokens: 5 },
        headers: many!,
        signal: leave.signal,
      })
      messages.push({ role: 'assistant', content: text }, { role: 'user', content: 'Go on.' })
      turns += 1
    }
  }
  const all = Array.from({ length: 4 }, (_, nth) => converse(nth).catch(() => {}))
  await expect.poll(() => turns, { timeout: 10_000 }).toBeGreaterThan(12)
  const before = turns
  const signal = AbortSignal.timeout(5_000)
  expect(await chat(stack.url, { body: { max_tokens: 5 }, headers: single!, signal })).toMatchObject({ status: 200 })
  expect(turns - before).toBeLessThanOrEqual(4)
  leave.abort()
  await Promise.all(all)
}, 20_000)

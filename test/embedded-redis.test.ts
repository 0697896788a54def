import { expect, test } from 'vitest'
import { startFakeOllama } from './fakes/ollama/server.ts'
import { answer } from './fakes/ollama/tokens.ts'
import { streamChat } from './support/chat.ts'
import { startDrover } from './support/drover.ts'

test('without any Redis the embedded one carries chats through both guards, and says loudly what it cannot do', async () => {
  await using host = await startFakeOllama({ tokenMs: 5 })
  const side = { scanners: ['BanSubstrings'], settings: { BanSubstrings: { substrings: ['zzz'] } } }
  // No server on an empty PATH: the last rung of the ladder.
  await using drover = await startDrover(
    { hosts: [{ id: 'h0', url: host.url, slots: 4 }], guard: { input: side, output: side } },
    { env: { PATH: '', REDIS_URL: '' } },
  )
  expect(drover.output.join('\n')).toMatch(/restart/i)
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, seed) => streamChat(drover.url, { body: { seed, max_tokens: 30 } })),
  )
  for (const [seed, result] of results.entries())
    expect(result).toMatchObject({ text: answer(seed, 30), end: 'length', done: true })
})

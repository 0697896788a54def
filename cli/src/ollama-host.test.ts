import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'

import { isOllama, parseOllamaHost } from './ollama-host.ts'

test.each([
  [undefined, 'http://127.0.0.1:11434'],
  ['', 'http://127.0.0.1:11434'],
  ['  gpu1 ', 'http://gpu1:11434'],
  ['"gpu1:8080"', 'http://gpu1:8080'],
  [':8080', 'http://127.0.0.1:8080'],
  ['0.0.0.0', 'http://127.0.0.1:11434'],
  ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
  ['gpu1:none', 'http://gpu1:11434'],
  ['gpu1:70000', 'http://gpu1:11434'],
  ['::1', 'http://[::1]:11434'],
  ['[::1]:8080', 'http://[::1]:8080'],
  ['[::]', 'http://[::1]:11434'],
  ['http://gpu1', 'http://gpu1'],
  ['http://gpu1:11434/', 'http://gpu1:11434'],
  ['https://gpu1.example', 'https://gpu1.example'],
  ['https://gpu1.example/ollama/', 'https://gpu1.example/ollama'],
  ['ftp://gpu1', undefined],
  ['gpu 1', undefined],
])('OLLAMA_HOST=%j means %j', (text, url) => {
  expect(parseOllamaHost(text)).toBe(url)
})

test.each([
  ['an Ollama', 200, '{"version":"0.12.3"}', true],
  ['a web page', 200, '<html>', false],
  ['a refusal', 403, '{"version":"0.12.3"}', false],
])('%s is told by its answer', async (_, status, body, expected) => {
  const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(await isOllama(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).toBe(expected)
  server.close()
})

test('nobody is no Ollama', async () => {
  expect(await isOllama('http://127.0.0.1:1')).toBe(false)
})

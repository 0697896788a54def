import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

import { banner, type BannerFacts } from './banner.ts'

const facts: BannerFacts = {
  url: 'http://127.0.0.1:8000',
  redis: 'in memory',
  adminUrl: 'http://127.0.0.1:8001',
  hosts: [{ id: 'gpu1', url: 'http://user:secret@gpu1:11434' }],
  demo: undefined,
  problem: undefined,
  model: 'llama3.2',
  hasKeys: false,
}

/** The words the shell makes of the printed command, `curl` itself left out. */
const curlWords = (text: string): string[] => {
  const command = text.slice(text.indexOf('curl ') + 'curl'.length, text.indexOf('\n\n', text.indexOf('curl ')))
  return execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
}

test('the printed curl is a request for the first model', () => {
  const words = curlWords(banner(facts, false))
  expect(words.slice(0, -1)).toEqual([
    '-N',
    'http://127.0.0.1:8000/v1/chat/completions',
    '-H',
    'content-type: application/json',
    '-d',
  ])
  expect(JSON.parse(words.at(-1)!)).toMatchObject({ model: 'llama3.2', stream: true })
})

test('a model whose name is a shell command stays a name', () => {
  const model = `'; touch /tmp/x; echo '$(id)`
  expect(JSON.parse(curlWords(banner({ ...facts, model }, true)).at(-1)!)).toMatchObject({ model })
})

test('the printed curl has a place for the key when keys are configured', () => {
  expect(curlWords(banner({ ...facts, hasKeys: true }, false))).toContain('authorization: Bearer YOUR_KEY')
})

test('credentials of a host are not shown', () => {
  expect(banner(facts, false)).not.toContain('secret')
})

test('a demo is called a demo', () => {
  expect(banner({ ...facts, demo: 'No Ollama answers' }, false)).toContain(
    'No Ollama answers, so stand-in hosts make up',
  )
})

test('a drover that is not ready says what is missing', () => {
  expect(banner({ ...facts, problem: '503 no host is up' }, false)).toContain('not ready yet: 503 no host is up')
})

test('without a model there is no request to print', () => {
  const text = banner({ ...facts, model: undefined }, false)
  expect(text).toContain('No host offers a model yet. http://127.0.0.1:8000/health says why.')
  expect(text).not.toContain('curl')
})

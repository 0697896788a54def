import { loadConfig } from '@drover/shared/config/load'
import { expect, test } from 'vitest'

import { demoConfig, ollamaConfig } from './generated-config.ts'

test.each([
  [
    'an Ollama',
    ollamaConfig('http://[::1]:11434'),
    { demo: false, hosts: [{ id: 'local', url: 'http://[::1]:11434' }] },
  ],
  [
    'the demo fleet',
    demoConfig([4_001, 4_002]),
    { demo: true, hosts: [{ slots: 4 }, { url: 'http://127.0.0.1:4002' }] },
  ],
])('what is written for %s is a valid configuration', (_, text, config) => {
  expect(loadConfig(text, { fileName: 'generated.yaml', env: {} })).toMatchObject({ ok: true, config, warnings: [] })
})

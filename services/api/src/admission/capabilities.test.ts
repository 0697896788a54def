import type { ModelRequest } from '@drover/shared/requests'
import { expect, test } from 'vitest'
import { lackOf, withoutThoughts, type Can } from './capabilities.ts'

const chat = (more: object = {}): ModelRequest => ({
  kind: 'chat',
  options: {},
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
})
const generate = (more: object = {}): ModelRequest => ({ kind: 'generate', options: {}, prompt: 'hi', ...more })
const embed: ModelRequest = { kind: 'embed', options: {}, inputs: ['hi'] }
const load: ModelRequest = { kind: 'load', options: {} }

const withImage = { messages: [{ role: 'user', content: 'hi', images: ['aGk='] }] }
const withNoImages = { messages: [{ role: 'user', content: 'hi', images: [] }] }
const tools = { toolsJson: '[{}]' }

const has =
  (...capabilities: string[]): Can =>
  capability =>
    capabilities.includes(capability)
const unknown: Can = () => undefined

test.each<[string, ModelRequest, has: string[], lack: string | undefined, field?: string]>([
  ['a chat', chat(), ['completion'], undefined],
  ['a chat', chat(), ['embedding'], 'chat', 'model'],
  ['a chat without images', chat(withNoImages), ['completion'], undefined],
  ['tools', chat(tools), ['completion', 'tools'], undefined],
  ['tools', chat(tools), ['completion'], 'tools', 'tools'],
  ['a call that is required', chat({ toolChoice: 'required' }), ['completion'], 'tools', 'tools'],
  ['an image', chat(withImage), ['completion', 'vision'], undefined],
  ['an image', chat(withImage), ['completion', 'tools'], 'images', 'messages'],
  ['thoughts', chat({ think: true }), ['completion'], undefined],
  ['a completion', generate(), ['completion'], undefined],
  ['a completion', generate(), ['embedding'], 'completions', 'model'],
  ['a suffix', generate({ suffix: 'x' }), ['completion'], 'suffix', 'suffix'],
  ['a suffix', generate({ suffix: 'x' }), ['completion', 'insert'], undefined],
  ['an empty suffix', generate({ suffix: '' }), ['completion'], undefined],
  ['an image to complete', generate({ images: ['aGk='] }), ['completion'], 'images', 'images'],
  ['vectors', embed, ['embedding'], undefined],
  ['vectors', embed, ['completion', 'tools'], 'embeddings', 'model'],
  ['a load', load, [], undefined],
])('%s: %o for a model with %o', (_name, request, capabilities, detail, field) => {
  expect(lackOf(request, has(...capabilities))).toEqual(detail === undefined ? undefined : { detail, field })
  expect(lackOf(request, unknown)).toBeUndefined()
})

test.each([true, 'low', 'high'] as const)('think: %s is left out where the model has no thoughts', think => {
  expect(withoutThoughts(chat({ think }), has('completion'))).toEqual({ request: chat(), adjusted: ['think'] })
  expect(withoutThoughts(generate({ think }), has())).toEqual({ request: generate(), adjusted: ['think'] })
  for (const can of [has('thinking'), unknown])
    expect(withoutThoughts(chat({ think }), can)).toEqual({ request: chat({ think }), adjusted: [] })
})

test('whoever asks for no thoughts, or for nothing, is sent as it is', () => {
  for (const request of [chat({ think: false }), chat(), embed, load])
    expect(withoutThoughts(request, has())).toEqual({ request, adjusted: [] })
})

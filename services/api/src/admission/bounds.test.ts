import { expect, test } from 'vitest'
import { bounded, type Bounds } from './bounds.ts'

const bounds: Bounds = { keepAliveMinMs: 1_000, keepAliveMaxMs: 1_800_000, numCtxMax: undefined, options: {} }

test.each<[asked: number, sent: number, adjusted: string[]]>([
  [300, 300, []],
  [1, 1, []],
  [1_800, 1_800, []],
  [1_800.5, 1_800, ['keep_alive=1800']],
  [3_600, 1_800, ['keep_alive=1800']],
  [-1, 1_800, ['keep_alive=1800']],
  [-0.001, 1_800, ['keep_alive=1800']],
  [Infinity, 1_800, ['keep_alive=1800']],
  [0, 1, ['keep_alive=1']],
  [0.25, 1, ['keep_alive=1']],
])('keep_alive of %s seconds is sent as %s', (keepAliveS, sent, adjusted) => {
  for (const kind of ['load', 'embed'] as const) {
    const request = { kind, inputs: ['x'], options: {}, keepAliveS }
    expect(bounded(request, bounds)).toEqual({ request: { ...request, keepAliveS: sent }, adjusted })
  }
})

test('a request that says nothing of it is sent without', () => {
  const request = { kind: 'load', options: { seed: '1' } } as const
  expect(bounded(request, bounds)).toEqual({ request, adjusted: [] })
  expect('keepAliveS' in bounded(request, bounds).request).toBe(false)
})

test.each<[string, Partial<Bounds>, asked: string, sent: string | undefined, adjusted: string[]]>([
  ['not the clients’ to choose', {}, '4096', undefined, ['num_ctx']],
  ['the operator’s own', { options: { num_ctx: '4096' } }, '4096', undefined, []],
  ['the operator’s own, written otherwise', { options: { num_ctx: '4096' } }, '4096.0', undefined, []],
  ['another than the operator’s', { options: { num_ctx: '4096' } }, '2048', undefined, ['num_ctx']],
  ['the operator’s own, beyond the clients’', { numCtxMax: 1024, options: { num_ctx: '4096' } }, '4096', undefined, []],
  ['within', { numCtxMax: 8192 }, '4096', '4096', []],
  ['the largest', { numCtxMax: 8192 }, '8192', '8192', []],
  ['too large', { numCtxMax: 8192 }, '8193', '8192', ['num_ctx=8192']],
  ['beyond numbers', { numCtxMax: 8192 }, '12345678901234567890', '8192', ['num_ctx=8192']],
  ['none', { numCtxMax: 8192 }, '0', undefined, ['num_ctx']],
  ['negative', { numCtxMax: 8192 }, '-1', undefined, ['num_ctx']],
  ['no integer', { numCtxMax: 8192 }, '1.5', undefined, ['num_ctx']],
  ['no number', { numCtxMax: 8192 }, '"big"', undefined, ['num_ctx']],
])('num_ctx that is %s', (_name, more, asked, sent, adjusted) => {
  const request = { kind: 'load', options: { seed: '7', num_ctx: asked } } as const
  const options = { seed: '7', ...(sent === undefined ? {} : { num_ctx: sent }) }
  expect(bounded(request, { ...bounds, ...more })).toEqual({ request: { kind: 'load', options }, adjusted })
})

test.each([
  'num_batch',
  'num_gpu',
  'main_gpu',
  'use_mmap',
  'num_thread',
  'draft_num_predict',
  'use_mlock',
  'low_vram',
  'numa',
  'vocab_only',
])('%s, which has a host load the model anew, is left out', option => {
  const request = { kind: 'load', options: { [option]: '1', top_k: '5' } } as const
  const sent = { kind: 'load', options: { top_k: '5' } }
  expect(bounded(request, { ...bounds, numCtxMax: 8192 })).toEqual({ request: sent, adjusted: [option] })
  expect(bounded(request, { ...bounds, options: { [option]: '1' } })).toEqual({ request: sent, adjusted: [] })
})

test('any other option is passed on as it came, known or not', () => {
  const options = { seed: '12345678901234567890', temperature: '0.10', shiny_new: '[1]', __proto: '1' }
  expect(bounded({ kind: 'load', options }, bounds)).toEqual({ request: { kind: 'load', options }, adjusted: [] })
})

test.each([
  ['shifting', { shift: true }, {}],
  ['not shifting', { shift: false }, { truncate: false }],
  ['not shifting but cutting', { shift: false, truncate: true }, { truncate: true }],
])('%s is nobody’s to choose, because it has the model loaded anew', (_name, asked, sent) => {
  const request = { kind: 'generate', prompt: 'x', options: {} } as const
  expect(bounded({ ...request, ...asked }, bounds)).toEqual({ request: { ...request, ...sent }, adjusted: ['shift'] })
  expect('shift' in bounded({ ...request, ...asked }, bounds).request).toBe(false)
})

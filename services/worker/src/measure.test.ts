import type { StreamEvent } from '@drover/shared/events'
import type { ModelRequest } from '@drover/shared/requests'
import { expect, test } from 'vitest'
import { measured } from './measure.ts'
import { Speeds } from './speeds.ts'
import { speedOf, unmeasured } from './speed.ts'

const end = (tokens: number, totalMs: number, evalMs = 0): StreamEvent => ({
  type: 'end',
  reason: 'stop',
  usage: { promptTokens: 1, completionTokens: tokens },
  timings: { totalNs: totalMs * 1e6, loadNs: 0, promptEvalNs: 0, evalNs: evalMs * 1e6 },
})
const chat: ModelRequest = { kind: 'chat', messages: [{ role: 'user', content: 'hi' }], options: {} }
const embed: ModelRequest = { kind: 'embed', inputs: ['a'], options: {} }
const load: ModelRequest = { kind: 'load', options: {} }

const start = () => {
  const speeds = new Speeds()
  const run = async (request: ModelRequest, event: StreamEvent, cold = false): Promise<void> => {
    async function* events(): AsyncGenerator<StreamEvent[]> {
      yield [event]
    }
    const listener = {
      cold,
      begun: () => {},
      ended: (sample: Parameters<Speeds['ended']>[1]) => speeds.ended('m', sample),
      loaded: (loadMs: number) => speeds.loaded('m', loadMs),
    }
    for await (const _ of measured(events(), request, listener));
  }
  return { speeds, run, speed: () => speedOf(speeds.all.get('m') ?? unmeasured) }
}

test('what embeds or only loads leaves the speed of answers as it was', async () => {
  const { run, speed } = start()
  await run(chat, end(11, 1_000, 500))
  const before = speed()
  expect(before).toMatchObject({ tokens: 11, tokenMs: 50, firstTokenMs: 500 })
  for (let times = 0; times < 20; times += 1) {
    await run(load, end(0, 0))
    await run(embed, end(0, 5))
  }
  expect(speed()).toEqual(before)
})

test('a load of a cold model tells how long it takes to load, and of a warm one nothing', async () => {
  const { run, speed, speeds } = start()
  await run(load, end(0, 0))
  expect(speeds.all.size).toBe(0)
  for (let times = 0; times < 5; times += 1) await run(load, end(0, 0), true)
  expect(speeds.all.get('m')).toMatchObject({ jobs: 0 })
  expect(speeds.all.get('m')!.loads).toBeGreaterThan(1)
  expect(speed()).toBeUndefined()
})

test('a model that only embeds is measured by that, until it answers', async () => {
  const { run, speed } = start()
  for (let times = 0; times < 4; times += 1) await run(embed, end(0, 40))
  const only = speed()!
  expect(only.firstTokenMs).toBeCloseTo(40)
  expect(only).toMatchObject({ tokenMs: 0, tokens: 0 })
  await run(chat, end(11, 1_000, 500))
  expect(speed()).toMatchObject({ tokens: 11, tokenMs: 50, firstTokenMs: 500 })
})

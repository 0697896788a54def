import { expect, test } from 'vitest'
import type { LogScripts } from './scripts.ts'
import { LogWriter } from './writer.ts'

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
}

test('whatever is written however soon after an answer is written, too', async () => {
  for (let microtasks = 0; microtasks < 14; microtasks += 1) {
    const payloads: string[] = []
    let answer: (value: unknown) => void = () => {}
    const append = (_log: string, entry: { payload: string }): Promise<unknown> => {
      payloads.push(entry.payload)
      const { promise, resolve } = Promise.withResolvers()
      answer = resolve
      return promise
    }
    const writer = new LogWriter({ append } as unknown as LogScripts, 'log', {
      attempt: 1,
      giveUpAtMs: Infinity,
      unheardLimitMs: Infinity,
    })
    writer.write([{ type: 'text', text: 'a' }])
    await turns(10)
    answer({ kind: 'ok', heardBy: 1 })
    await turns(microtasks)
    writer.write([{ type: 'cancelled' }])
    const flushed = writer.flushed()
    await turns(10)
    answer({ kind: 'ok', heardBy: 1 })
    expect(await flushed).toBe('written')
    expect(payloads, `${microtasks} microtasks later`).toHaveLength(2)
  }
})

import { expect, test } from 'vitest'
import { HostFailure } from './host-failure.ts'
import { inSlices } from './slices.ts'

const inputs = ['a', 'b', 'c', 'd', 'e']
const soon = (): AbortSignal => AbortSignal.timeout(5_000)

/** A host that answers in the order given: what it throws, or what it was asked. */
const start = (failures: Record<number, HostFailure> = {}) => {
  const asked: string[] = []
  const ask = async (slice: readonly string[]): Promise<string> => {
    const failure = failures[asked.push(slice.join(''))]
    if (failure !== undefined) throw failure
    return slice.join('')
  }
  return { asked, read: (signal = soon()) => Array.fromAsync(inSlices(inputs, 2, signal, ask)) }
}
const busy = new HostFailure('busy', 'no room')

test('everything is asked once, in order', async () => {
  const { asked, read } = start()
  expect(await read()).toEqual(['ab', 'cd', 'e'])
  expect(asked).toEqual(['ab', 'cd', 'e'])
})

test('a host without room for the first slice is told of at once', async () => {
  const { asked, read } = start({ 1: busy })
  await expect(read()).rejects.toBe(busy)
  expect(asked).toEqual(['ab'])
})

test('a host without room for a later one is asked again', async () => {
  const { asked, read } = start({ 2: busy, 3: busy })
  expect(await read()).toEqual(['ab', 'cd', 'e'])
  expect(asked).toEqual(['ab', 'cd', 'cd', 'cd', 'e'])
})

test('a host that fails between slices is told of', async () => {
  const failed = new HostFailure('failed', 'boom')
  await expect(start({ 2: failed }).read()).rejects.toBe(failed)
})

test('nobody waits for room who has given up', async () => {
  const full = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [index + 2, busy]))
  await expect(start(full).read(AbortSignal.timeout(50))).rejects.toThrow()
})

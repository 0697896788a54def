import { expect } from 'vitest'
import type { Stack } from './stack.ts'

/** A refusal as OpenAI's schema has it: these four keys, all of them, and JSON whatever was asked for. */
export const expectRefusal = async (
  response: Response,
  status: number,
  code: string,
  param: string | null = null,
): Promise<void> => {
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await response.json()).toEqual({
    error: { message: expect.stringMatching(/./), type: expect.stringMatching(/_error$/), param, code },
  })
  expect(response.status).toBe(status)
}

/** How much requests left behind in Redis: their jobs on any queue, their logs. */
export const traces = async (stack: Stack): Promise<number> =>
  (await stack.redis.keys(`${stack.keys.prefix}:*[{:]r_*`)).length

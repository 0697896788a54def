import type { Stack } from './stack.ts'

/** The last request that reached a stack's first host, as its JSON says it. */
export const lastRequest = (stack: Stack): Record<string, unknown> =>
  JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as Record<string, unknown>

/** The smallest PNG there is, in base64: one pixel. */
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

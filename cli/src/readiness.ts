import { setTimeout as sleep } from 'node:timers/promises'

const RETRY_MS = 100
const REQUEST_TIMEOUT_MS = 2_000

/**
 * Asks until /health/readiness is 200: readiness is the fleet's, and HTTP has no event for it.
 * Answers undefined when ready, else what the last answer was after `timeoutMs`.
 */
export const waitUntilReady = async (
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const problem = await readinessProblem(url, signal)
    if (problem === undefined || performance.now() > deadlineMs) return problem
    await sleep(RETRY_MS, undefined, { signal })
  }
}

const readinessProblem = async (url: string, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
    const response = await fetch(`${url}/health/readiness`, { signal: timeout })
    const text = await response.text()
    return response.status === 200 ? undefined : `${response.status} ${text.slice(0, 300)}`
  } catch (error) {
    signal.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  }
}

/** The first model that drover serves; undefined when it knows none after `timeoutMs`: hosts may still be asked. */
export const firstModel = async (
  url: string,
  key: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const model = await readFirstModel(url, key)
    if (model !== undefined || performance.now() > deadlineMs) return model
    await sleep(RETRY_MS, undefined, { signal })
  }
}

const readFirstModel = async (url: string, key: string | undefined): Promise<string | undefined> => {
  try {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }
    const response = await fetch(`${url}/v1/models`, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    const body = (await response.json()) as { data?: { id?: unknown }[] }
    const id = body.data?.[0]?.id
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

/** A server that listens on every interface is called through loopback. */
export const callable = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

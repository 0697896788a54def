/** Exit code for a start that no restart can mend: a bad configuration, a port in use (EX_CONFIG of sysexits.h). */
export const exitUnstartable = 78

/** Aborts on the first SIGTERM or SIGINT, or when the supervisor that started this process is gone. */
export const shutdownSignal = (): AbortSignal => {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (process.connected) process.once('disconnect', stop)
  return controller.signal
}

/** Ends the process when an orderly stop takes longer than that: a frozen Redis must not keep it. */
export const limitStop = (limitMs: number): void => {
  setTimeout(() => process.exit(0), limitMs).unref()
}

/** Beyond the drain, for what has to be told to Redis at the end. */
export const stopGraceMs = 3_000

/** Tells the supervisor, if there is one, that this process does its work now. */
export const announceReady = (facts: { url?: string; adminUrl?: string } = {}): void => {
  if (process.connected) process.send?.({ ready: true, ...facts })
}

/** Resolves when `signal` aborts. */
export const aborted = async (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}

/** One Ctrl-C under `npm start` arrives up to three times: from the terminal, from npm and from the launcher. */
const SAME_PRESS_MS = 500

/**
 * The first SIGINT, SIGTERM or SIGHUP, or the launcher's death, stops; a later SIGINT or SIGTERM kills.
 * @param now milliseconds, monotonic.
 */
export const onStopSignals = (
  source: NodeJS.EventEmitter,
  actions: { stop(signal: string): void; kill(): void },
  now: () => number = () => performance.now(),
): void => {
  let firstMs: number | undefined
  const press = (signal: string): void => {
    if (firstMs === undefined) {
      firstMs = now()
      actions.stop(signal)
    } else if (signal !== 'SIGHUP' && now() - firstMs > SAME_PRESS_MS) actions.kill()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) source.on(signal, () => press(signal))
  source.on('disconnect', () => press('SIGHUP'))
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { streamChat } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const banned = { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['the secret'] } } }
const redacting = {
  ...banned,
  settings: { BanSubstrings: { ...banned.settings.BanSubstrings, action: 'redact' as const } },
}

interface GuardProcess extends AsyncDisposable {
  kill(signal: NodeJS.Signals): void
}

/** A guard in a process of its own, which is a guard of the stack. */
const startGuardProcess = async ({ config }: Stack): Promise<GuardProcess> => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await mkdtempDisposable(path.join(tmpdir(), 'guard-')))
  const file = path.join(folder.path, 'drover.yaml')
  await writeFile(file, JSON.stringify(config))
  const main = path.resolve(import.meta.dirname, '../services/guard/src/main.ts')
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, DROVER_CONFIG: file, REDIS_URL: redisUrl, DROVER_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  await once(child, 'message')
  const owned = stack.move()
  return { kill: signal => void child.kill(signal), [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const slowly = (guard: GuardProcess): Disposable => {
  let stopped = false
  const timer = setInterval(() => {
    stopped = !stopped
    guard.kill(stopped ? 'SIGSTOP' : 'SIGCONT')
  }, 200)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      guard.kill('SIGCONT')
    },
  }
}

const text = 'so the secret is out; '.repeat(60)
const say = { messages: [{ role: 'user', content: `echo: ${text}` }] }

const startRig = async (tokenMs = 20) => {
  await using stack = new AsyncDisposableStack()
  const drover = stack.use(
    await startStack({
      redisUrl,
      hosts: [{ tokenMs }],
      config: { slots: 12, guard: { output: redacting } },
    }),
  )
  const guard = stack.use(await startGuardProcess(drover))
  // All streams begin with the one that is to fail.
  await drover.services.guard[Symbol.asyncDispose]()
  const streams = Array.from({ length: 12 }, () => streamChat(drover.url, { body: say }))
  await drover.hosts[0]?.waitFor(() => drover.hosts[0]?.requests.length === 12, 10_000)
  await drover.hosts[0]?.waitFor(() => (drover.hosts[0]?.requests[11]?.tokens ?? 0) > 20, 20_000)
  const other = stack.use(await startGuardProcess(drover))
  const owned = stack.move()
  return { guard, other, streams, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const expectWhole = async (streams: readonly Promise<unknown>[]): Promise<void> => {
  const expected = text.replaceAll('the secret', '[REDACTED]')
  for (const result of await Promise.all(streams))
    expect(result).toMatchObject({ text: expected, end: 'stop', done: true })
}

test('a guard that is killed in mid-stream lets nothing out unscanned, and another goes on', async () => {
  await using rig = await startRig()
  rig.guard.kill('SIGKILL')
  await expectWhole(rig.streams)
}, 90_000)

test('a guard that freezes is replaced, and says nothing more when it thaws', async () => {
  await using rig = await startRig(50)
  rig.guard.kill('SIGSTOP')
  // The other has taken over by then (9 s at most), and is in the middle of the streams (16 s).
  const thaw = setTimeout(() => rig.guard.kill('SIGCONT'), 10_000)
  await expectWhole(rig.streams)
  clearTimeout(thaw)
}, 90_000)

test('a guard that is slow delays its streams and lets nothing out unscanned', async () => {
  await using rig = await startRig()
  using _slow = slowly(rig.guard)
  await expectWhole(rig.streams)
}, 90_000)

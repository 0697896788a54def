import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

import type { ChildSpec } from './child.ts'
import { openRoster } from './fixtures/roster.ts'
import { Supervisor } from './supervisor.ts'
import { tethered } from './tether.ts'

const fixtures = {
  keeper: fileURLToPath(new URL('fixtures/keeper.ts', import.meta.url)),
  member: fileURLToPath(new URL('fixtures/member.ts', import.meta.url)),
  refuse: fileURLToPath(new URL('fixtures/refuse.ts', import.meta.url)),
}

const child = (name: string, args: readonly (string | number)[], over: Partial<ChildSpec> = {}): ChildSpec => ({
  name,
  command: process.execPath,
  args: args.map(String),
  env: process.env,
  lifeline: 'ipc',
  ready: 'message',
  output: 'shown',
  ...over,
})

const member = (port: number, name: string, behaviour = 'polite'): ChildSpec =>
  child(name, [fixtures.member, port, name, behaviour])

const supervise = (stopTimeoutMs = 10_000) => {
  const lines: string[] = []
  const supervisor = new Supervisor({ line: (name, text) => lines.push(`${name}: ${text}`), stopTimeoutMs })
  return Object.assign(supervisor, { lines, [Symbol.asyncDispose]: async () => void (await supervisor.stop()) })
}

describe('a supervisor', () => {
  test('hands on what a process says when it is ready', async () => {
    await using roster = await openRoster()
    await using supervisor = supervise()
    expect(await supervisor.start(member(roster.port, 'api'))).toEqual([{ ready: true, url: 'http://api' }])
  })

  test('starts a process again that was killed', async () => {
    await using roster = await openRoster()
    await using supervisor = supervise()
    await supervisor.start(member(roster.port, 'worker'))
    const pid = await roster.came('worker')
    process.kill(pid, 'SIGKILL')
    expect(await roster.came('worker', 2)).not.toBe(pid)
    expect(supervisor.lines).toEqual(['worker: was killed by SIGKILL; starting it again in 200 ms'])
  })

  test('stops groups in the reverse order of their start, each after the one before has ended', async () => {
    await using roster = await openRoster()
    await using supervisor = supervise()
    for (const name of ['redis', 'worker', 'api']) await supervisor.start(member(roster.port, name))
    expect(await supervisor.stop()).toEqual({ why: 'asked' })
    await roster.left('redis')
    expect(roster.history.slice(3)).toEqual(['api left', 'worker left', 'redis left'])
  })

  test('kills a process that does not stop in time', async () => {
    await using roster = await openRoster()
    await using supervisor = supervise(100)
    await supervisor.start(member(roster.port, 'worker', 'stubborn'))
    expect(await supervisor.stop()).toEqual({ why: 'asked' })
    await roster.left('worker')
  })

  test('kills at once when told to', async () => {
    await using roster = await openRoster()
    await using supervisor = supervise(60_000)
    await supervisor.start(member(roster.port, 'worker', 'stubborn'))
    void supervisor.stop()
    supervisor.kill()
    expect(await supervisor.ended).toEqual({ why: 'asked' })
  })

  test('takes along what a dead process left behind', async () => {
    await using roster = await openRoster()
    await using supervisor = supervise()
    await supervisor.start(member(roster.port, 'worker', 'parent'))
    await roster.came('worker-child')
    process.kill(await roster.came('worker'), 'SIGKILL')
    await roster.left('worker-child')
  })

  test.each([
    ['says that it cannot be started', 78, 'api cannot start (exited with code 78): port 8000 is in use'],
    ['dies three times before it was ready', 1, 'api cannot start (exited with code 1)'],
  ])('stops everything when a process %s', async (_, code, reason) => {
    await using roster = await openRoster()
    await using supervisor = supervise()
    await supervisor.start(member(roster.port, 'worker'))
    await expect(supervisor.start(child('api', [fixtures.refuse, code]))).rejects.toThrow(reason)
    expect(await supervisor.ended).toEqual({ why: 'failed', reason })
    await roster.left('worker')
  })

  test('says so when a program is not there', async () => {
    await using supervisor = supervise()
    const spec = child('redis', [], { command: '/nowhere/redis-server', ready: 'line' })
    await expect(supervisor.start(spec)).rejects.toThrow('spawn /nowhere/redis-server ENOENT')
  })

  test('shows what a quiet process printed only when it dies', async () => {
    await using supervisor = supervise()
    const spec = child('redis', [fixtures.refuse, 78], { output: 'on-failure' })
    await expect(supervisor.start(spec)).rejects.toThrow('redis cannot start')
    expect(supervisor.lines).toEqual(['redis: port 8000 is in use'])
  })

  test('that is killed leaves nothing behind, whatever lifeline its processes have', async () => {
    await using roster = await openRoster()
    const keeper = spawn(process.execPath, [fixtures.keeper, String(roster.port)], { stdio: 'inherit' })
    await Promise.all([roster.came('with-ipc'), roster.came('with-stdin')])
    keeper.kill('SIGKILL')
    await Promise.all([roster.left('with-ipc'), roster.left('with-stdin')])
  })
})

describe('a tethered command', () => {
  test('keeps its arguments, its exit code, and the pid that was spawned', async () => {
    const { command, args } = tethered('sh', ['-c', 'echo $$ "$1"; exit 7', 'sh', "a 'b' $c"])
    const sh = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const [[output], [code]] = await Promise.all([once(sh.stdout, 'data'), once(sh, 'close')])
    expect([String(output), code]).toEqual([`${sh.pid} a 'b' $c\n`, 7])
  })

  test('gets SIGTERM when its standard input ends', async () => {
    const { command, args } = tethered('sleep', ['60'])
    const sleep = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] })
    sleep.stdin.end()
    expect(await once(sleep, 'exit')).toEqual([null, 'SIGTERM'])
  })
})

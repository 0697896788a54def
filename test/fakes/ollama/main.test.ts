import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

const start = (args: string[]): ChildProcess => {
  const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as const
  const child = spawn(process.execPath, [`${import.meta.dirname}/main.ts`, ...args], { stdio: [...stdio] })
  children.push(child)
  return child
}

const urlsOf = async (child: ChildProcess): Promise<string[]> => {
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return (JSON.parse(line) as { urls: string[] }).urls
}

describe('the program', () => {
  test('serves several hosts and ends on SIGTERM', async () => {
    const child = start([
      '--port',
      '0,0',
      '--port',
      '0',
      '--model',
      'a',
      '--model',
      'b',
      '--tokens',
      '3',
      '--version',
      '1.2.3',
    ])
    const urls = await urlsOf(child)
    expect(new Set(urls).size).toBe(3)
    for (const url of urls) {
      expect(await (await fetch(`${url}/api/version`)).json()).toEqual({ version: '1.2.3' })
      const tags = (await (await fetch(`${url}/api/tags`)).json()) as { models: { name: string }[] }
      expect(tags.models.map(model => model.name)).toEqual(['a:latest', 'b:latest'])
    }
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('hosts of one process have speeds of their own, and the journal outlives a kill', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'stand-in-'))
    const file = path.join(folder, 'journal')
    const child = start(['--port', '0,0', '--model', 'a', '--first-token-ms', '0,60000', '--journal', file])
    const [fast, slow] = await urlsOf(child)
    const ask = (url: string): Promise<Response> =>
      fetch(`${url}/api/chat`, { method: 'POST', body: '{"model":"a","messages":[{"role":"user","content":"x"}]}' })
    const unanswered = ask(slow!).then(response => response.text())
    unanswered.catch(() => {})
    await (await ask(fast!)).text()
    const inFlight = async (): Promise<number> =>
      ((await (await fetch(`${slow}/_fake/requests`)).json()) as { inFlight: number }).inFlight
    while ((await inFlight()) === 0);
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect(unanswered).rejects.toThrow()
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const said = lines.map(line => JSON.parse(line) as { host: number; outcome?: string })
    expect(said.map(({ host, outcome }) => `${host} ${outcome}`).toSorted()).toEqual([
      '0 done',
      '0 undefined',
      '1 undefined',
    ])
    await rm(folder, { recursive: true })
  })

  test('ends when its parent goes away, also while it answers', async () => {
    const child = start(['--model', 'a', '--token-ms', '10', '--tokens', '100000'])
    const [url] = await urlsOf(child)
    const response = await fetch(`${url}/api/chat`, {
      method: 'POST',
      body: '{"model":"a","messages":[{"role":"user","content":"x"}]}',
    })
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])
    await expect(response.text()).rejects.toThrow('terminated')
  })

  test.each([
    [['--speed', '1'], "Unknown option '--speed'"],
    [['--port', '70000'], 'at port[0]'],
    [['--port', ''], 'a port from 0 to 65535'],
    [['--token-ms', 'fast'], 'a whole number of milliseconds'],
    [['--parallel', '0'], 'at parallel'],
    [['--prompt-char-ms', '1e9'], 'a number of milliseconds'],
    [['--port', '0,0', '--token-ms', '1,2,3'], 'one value, or one per port (2), not 3'],
  ])('%j is refused with a clear error', async (args, message) => {
    const child = start(args)
    const [errors, [code]] = await Promise.all([Array.fromAsync(child.stderr!), once(child, 'exit')])
    expect(errors.join('')).toContain(message)
    expect(errors.join('')).toContain('usage:')
    expect(code).toBe(2)
  })
})

import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { ScanOptions } from '../command-line.ts'
import { scan } from './scan.ts'

const run = async (input: string, options: Partial<ScanOptions> = {}, cwd = tmpdir()) => {
  const out: string[] = []
  const err: string[] = []
  const io = { env: {}, cwd, out: (text: string) => out.push(text), err: (text: string) => err.push(text) }
  const exitCode = await scan(
    { direction: 'output', scanners: ['Secrets'], ...options },
    Readable.from([Buffer.from(input)]),
    io,
  )
  return { exitCode, err, out: out.map(line => JSON.parse(line) as Record<string, unknown>) }
}

const key = ['ghp', 'x7Kq2Vt9Rm4Lp8Zd1Nc6Bw3Hs5Jf0Gy2Ta9E'].join('_')

test('each line has its verdict, in order', async () => {
  const lines = [{ text: 'Xin chào các bạn' }, { text: `the key is ${key}` }, { text: '' }].map(each =>
    JSON.stringify(each),
  )
  expect(await run(lines.join('\n'))).toEqual({
    exitCode: 0,
    err: [],
    out: [
      { verdict: 'allow', text: 'Xin chào các bạn', lang: 'vi', findings: [] },
      {
        verdict: 'redact',
        text: 'the key is [REDACTED]',
        lang: 'en',
        findings: [{ scanner: 'Secrets', score: expect.any(Number), start: 11, end: 51, rule: expect.any(String) }],
      },
      { verdict: 'allow', text: '', lang: 'en', findings: [] },
    ],
  })
})

test('a line may come in pieces, with a byte order mark, CRLF, and whatever else JSON may hold', async () => {
  const text = 'a\u2028b\u0085c é'
  const line = Buffer.from(`\uFEFF${JSON.stringify({ text })}\r\n\r\n${JSON.stringify({ text })}`)
  const pieces = Readable.from([line.subarray(0, 17), line.subarray(17, 20), line.subarray(20)])
  const said: string[] = []
  const io = { env: {}, cwd: tmpdir(), out: (each: string) => said.push(each), err: () => {} }
  expect(await scan({ direction: 'output', scanners: ['Secrets'] }, pieces, io)).toBe(0)
  expect(said.map(each => (JSON.parse(each) as { text: string }).text)).toEqual([text, text])
})

test('a line that is none has an error in its place, and the others their verdicts', async () => {
  const { exitCode, out } = await run('{"text":"a"}\nnothing\n{"text":1}\n{"text":"b"}\n')
  expect(exitCode).toBe(1)
  expect(out).toEqual([
    expect.objectContaining({ text: 'a' }),
    { error: 'line 2 must be a JSON object with a string `text`' },
    { error: 'line 3 must be a JSON object with a string `text`' },
    expect.objectContaining({ text: 'b' }),
  ])
})

test('scanners and settings are those of the configuration', async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'scan-'))
  const config = {
    hosts: [{ id: 'a', url: 'http://127.0.0.1:1' }],
    guard: { output: { scanners: ['BanSubstrings'], settings: { BanSubstrings: { substrings: ['zeus'] } } } },
  }
  await writeFile(path.join(folder.path, 'drover.yaml'), JSON.stringify(config))
  const { out } = await run(`{"text":"project zeus, ${key}"}`, { scanners: [] }, folder.path)
  expect(out).toMatchObject([{ verdict: 'block', text: 'project ', findings: [{ rule: 'zeus' }] }])
})

test('without a configuration all scanners that need none are used, and one that needs some is told of', async () => {
  const { out } = await run(JSON.stringify({ text: 'Sure:\n```python\nimport os\n```' }), { scanners: [] })
  expect(out).toMatchObject([{ verdict: 'block', findings: [{ scanner: 'NoCode' }] }])
  const { err, exitCode } = await run('', { scanners: ['BanSubstrings'] })
  expect([exitCode, err]).toEqual([1, [expect.stringContaining('needs guard.output.settings.BanSubstrings')]])
})

test('a configuration that is not there, or refused, is told of', async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'scan-'))
  expect(await run('', { config: path.join(folder.path, 'no.yaml') })).toMatchObject({ exitCode: 2 })
  await writeFile(path.join(folder.path, 'bad.yaml'), 'hosts: []')
  expect(await run('', { config: path.join(folder.path, 'bad.yaml') })).toMatchObject({
    exitCode: 1,
    err: ['hosts: must list at least one host, not an empty list'],
  })
})

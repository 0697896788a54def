import type { FaultInput } from '../fakes/ollama/faults.ts'

/** A host's whole answer, line by line, where the stand-in would not say it by itself. */
export const says = (...lines: readonly object[]): FaultInput => ({
  kind: 'status',
  status: 200,
  body: lines.map(line => `${JSON.stringify(line)}\n`).join(''),
})

/** One line of an answer that goes on. */
export const part = (message: object): object => ({
  model: 'llama3.2',
  created_at: '2026-01-02T03:04:05.123456789Z',
  message: { role: 'assistant', content: '', ...message },
  done: false,
})

/** The line that ends an answer; without counts unless they are given, as Ollama leaves zeros out. */
export const done = (counts: object = {}): object => ({ ...part({}), done: true, done_reason: 'stop', ...counts })

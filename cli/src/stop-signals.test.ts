import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'

import { onStopSignals } from './stop-signals.ts'

test.each([
  ['one Ctrl-C that arrives three times stops', ['SIGINT 0', 'SIGINT 3', 'SIGINT 20'], ['stop SIGINT']],
  ['a second Ctrl-C kills', ['SIGINT 0', 'SIGINT 900'], ['stop SIGINT', 'kill']],
  ['SIGTERM stops', ['SIGTERM 0'], ['stop SIGTERM']],
  ['the death of the launcher stops', ['disconnect 0'], ['stop SIGHUP']],
  [
    'a terminal that closes while stopping does not kill',
    ['SIGTERM 0', 'SIGHUP 900', 'disconnect 950'],
    ['stop SIGTERM'],
  ],
])('%s', (_, events, expected) => {
  const source = new EventEmitter()
  const done: string[] = []
  let nowMs = 0
  const actions = { stop: (signal: string) => done.push(`stop ${signal}`), kill: () => done.push('kill') }
  onStopSignals(source, actions, () => nowMs)
  for (const event of events) {
    const [name = '', atMs] = event.split(' ')
    nowMs = Number(atMs)
    source.emit(name)
  }
  expect(done).toEqual(expected)
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { jobClasses, queues } from '../queues.ts'
import { admittedTtlMs, createKeys, hostAliveMs, logTtlMs, ownerAliveMs, warmTtlMs, type Keys } from './keys.ts'

const page = readFileSync(new URL('../../../docs/redis-keys.md', import.meta.url), 'utf8')
const rows = page.split('\n').filter(line => line.startsWith('| `'))
const rowOf = (name: string): string | undefined => rows.find(row => row.startsWith(`| \`${name}\` |`))

const keys = createKeys('<p>')

/** Each as the page writes it. A key that is new in `Keys` does not compile without a line here. */
const names: Readonly<Record<Exclude<keyof Keys, 'prefix'>, readonly string[]>> = {
  log: [keys.log('<id>', 'raw'), keys.log('<id>', 'out')],
  listeners: [keys.listeners('<log>')],
  hosts: [keys.hosts],
  hostAlive: [keys.hostAlive('<hostId>')],
  lease: [keys.lease('<hostId>')],
  workers: [keys.workers],
  owner: [keys.owner('<workerId>')],
  guard: [keys.guard],
  findings: [keys.findings],
  held: [keys.held('<hostId>')],
  settings: [keys.settings],
  drained: [keys.drained],
  turn: [keys.turn('<model>')],
  fair: [keys.fair('{<queue>}')],
  admitted: [keys.admitted('{<queue>}')],
  asked: [keys.asked('<caller>')],
  warm: [keys.warm('<digest>')],
  catalogue: [keys.catalogue],
  memory: [keys.memory],
  show: [keys.show('<hostId>')],
  response: [keys.response('<caller>', '<id>')],
  cache: [keys.cache('<digest>')],
  inbox: [keys.inbox('<readerId>')],
  control: [keys.control],
  fleet: [keys.fleet],
  load: [keys.load],
}

const queueNames = [
  queues.guardInput,
  queues.guardOutput,
  queues.guardScan,
  queues.guardObserve,
  queues.group('<model>'),
  queues.host('<hostId>', '<model>'),
].map(decodeURIComponent)
const laterQueues = jobClasses.slice(1).map(jobClass => decodeURIComponent(queues.group('<model>', jobClass)))

test.each(Object.values(names).flat())('docs/redis-keys.md names %s', name => {
  expect(rowOf(name)).toBeDefined()
})

test.each(queueNames)('docs/redis-keys.md names the queue %s', name => {
  expect(rowOf(name)).toBeDefined()
})

test.each(laterQueues)('docs/redis-keys.md names the queue %s', name => {
  expect(rows.some(row => row.includes(`\`${name}\``))).toBe(true)
})

test('docs/redis-keys.md names nothing that does not exist', () => {
  const known = new Set<string | undefined>([...Object.values(names).flat(), ...queueNames, ...laterQueues])
  expect(rows.map(row => row.split('`')[1]).filter(name => !known.has(name))).toEqual([])
})

test.each([
  [keys.log('<id>', 'out'), `${logTtlMs / 60_000} min`],
  [keys.hostAlive('<hostId>'), `${hostAliveMs / 1_000} s`],
  [keys.owner('<workerId>'), `${ownerAliveMs / 1_000} s`],
  [keys.guard, `${ownerAliveMs / 1_000} s`],
  [keys.admitted('{<queue>}'), `${admittedTtlMs / 1_000} s`],
  [keys.warm('<digest>'), `${warmTtlMs / 60_000} min`],
])('docs/redis-keys.md says how long %s lives: %s', (name, life) => {
  expect(rowOf(name)).toContain(life)
})

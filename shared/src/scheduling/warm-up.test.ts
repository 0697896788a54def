import { expect, test } from 'vitest'
import { HostIndex } from './host-index.ts'
import type { HostLoad } from './load.ts'
import { hostToWarm } from './warm-up.ts'

const host = (id: string, over: Partial<HostLoad> = {}, loaded = false, used = 0): HostLoad => ({
  id,
  open: true,
  slots: 2,
  used,
  room: loaded ? 0 : 1,
  groups: { m: { slots: 2, used, loaded, loadMs: 10_000 } },
  ...over,
})
const full = host('full', {}, true, 2)

test.each([
  { name: 'an idle host with room', hosts: [full, host('a')], warms: 'a' },
  { name: 'none while a host that has it has a free slot', hosts: [host('free', {}, true, 1), host('a')] },
  { name: 'none that runs something', hosts: [full, host('a', {}, false, 1)] },
  { name: 'none that would have to make room', hosts: [full, host('a', { room: 0 })] },
  { name: 'none that is closed', hosts: [full, host('a', { open: false })] },
  { name: 'none that loads something already', hosts: [full, host('busy')] },
  { name: 'none while those that load it will have a slot for each job', hosts: [full, host('a')], warming: 4 },
])('for four jobs that wait: $name', ({ hosts, warms, warming = 0 }) => {
  const group = new HostIndex(hosts).group('m')!
  expect(hostToWarm(group, 4, warming, id => id === 'busy')?.host.id).toBe(warms)
})

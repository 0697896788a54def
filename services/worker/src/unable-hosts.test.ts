import type { Catalogued } from '@drover/shared/catalogue'
import { expect, test } from 'vitest'
import { unableHosts } from './unable-hosts.ts'

const having = (capabilities: string[] | undefined): Catalogued[] => [
  { model: 'other', digest: '', bytes: 0, modifiedAt: '', capabilities: ['completion', 'tools', 'vision'] },
  { model: 'm', digest: '', bytes: 0, modifiedAt: '', ...(capabilities && { capabilities }) },
]
const plain = ['completion']

test.each<[string, Record<string, string[] | undefined>, string[]]>([
  ['one that can do the same', { own: plain, same: plain }, ['own', 'same']],
  ['one that can do less', { own: [...plain, 'vision'], less: plain }, ['own', 'less']],
  ['not one that can do more', { own: plain, more: [...plain, 'tools'] }, ['own']],
  ['not one that can do something else', { own: plain, else: ['embedding'] }, ['own']],
  ['not one that has not told', { own: plain, silent: undefined }, ['own']],
  ['none, where the host itself has not told', { own: undefined, same: plain }, ['own']],
])('beside the host itself: %s', (_name, told, unable) => {
  const catalogues = new Map(Object.entries(told).map(([id, capabilities]) => [id, having(capabilities)]))
  expect(unableHosts('own', 'm', catalogues)).toEqual(unable)
})

import { expect, test } from 'vitest'
import { parseCommandStats } from './command-stats.ts'

test('calls are read by command, subcommands and all; anything else is passed over', () => {
  const info = [
    '# Commandstats',
    'cmdstat_evalsha:calls=1200,usec=98000,usec_per_call=81.67,rejected_calls=0,failed_calls=1',
    'cmdstat_config|get:calls=3,usec=9,usec_per_call=3.00,rejected_calls=0,failed_calls=0',
    'something else',
  ].join('\r\n')
  expect(parseCommandStats(info)).toEqual({ evalsha: 1_200, 'config|get': 3 })
})

import * as fc from 'fast-check'
import { test } from 'vitest'
import { bannedStringProperties } from '../fixtures/banned-strings.ts'

/** `npm run fuzz:guard -- --runs 1000000` runs more of them. fast-check prints the seed of a failure. */
const runs = 62_000

test.each(bannedStringProperties)('$name', ({ property, share }) => {
  fc.assert(property, { numRuns: Math.ceil(runs * share) })
})

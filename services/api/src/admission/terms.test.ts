import { expect, test } from 'vitest'
import { termsOf } from './terms.ts'

const deadlineMsMax = 600_000

test.each([
  [{}, undefined, { class: 'interactive', deadlineMs: deadlineMsMax }],
  [{}, 'background', { class: 'background', deadlineMs: deadlineMsMax }],
  [{ 'x-drover-class': 'batch' }, 'background', { class: 'batch', deadlineMs: deadlineMsMax }],
  [{ 'x-drover-class': 'interactive' }, 'background', { class: 'interactive', deadlineMs: deadlineMsMax }],
  [{ 'x-drover-deadline-ms': '1' }, undefined, { class: 'interactive', deadlineMs: 1 }],
  [{ 'x-drover-deadline-ms': '600000' }, undefined, { class: 'interactive', deadlineMs: 600_000 }],
] as const)('%j with %s in the body is %j', (headers, dialectClass, expected) => {
  expect(termsOf(headers, dialectClass, deadlineMsMax)).toEqual(expected)
})

test.each([
  ['x-drover-class', 'Batch'],
  ['x-drover-class', 'batch, batch'],
  ['x-drover-class', ''],
  ['x-drover-deadline-ms', '0'],
  ['x-drover-deadline-ms', '600001'],
  ['x-drover-deadline-ms', '-5'],
  ['x-drover-deadline-ms', '1e3'],
  ['x-drover-deadline-ms', '9'.repeat(400)],
  ['x-drover-deadline-ms', ' 5'],
])('%s: "%s" is refused by its name', (name, value) => {
  expect(() => termsOf({ [name]: value }, undefined, deadlineMsMax)).toThrow(
    expect.objectContaining({ code: 'invalid_request', params: expect.objectContaining({ field: name }) }),
  )
})

import { expect, test } from 'vitest'
import { imageOfDataUrl, isBase64 } from './image.ts'

test.each([
  ['AAAA', true],
  ['AAA=', true],
  ['AA==', true],
  ['', false],
  ['AAA', false],
  ['A===', false],
  ['AA=A', false],
  ['AA-_', false],
  ['AA A', false],
])('%j is base64: %s', (text, expected) => {
  expect(isBase64(text)).toBe(expected)
})

test.each([
  ['data:image/png;base64,AAAA', 'AAAA'],
  ['data:image/jpeg;base64,AAAA', 'AAAA'],
  ['data:image/jpg;base64,AAAA', 'AAAA'],
  ['DATA:IMAGE/WEBP;BASE64,AAAA', 'AAAA'],
  ['data:;base64,AAAA', 'AAAA'],
  ['data:image/gif;base64,AAAA', undefined],
  ['data:image/png,AAAA', undefined],
  ['data:image/png;base64,', undefined],
  ['https://example.org/a.png', undefined],
])('the image of %s is %s', (url, image) => {
  expect(imageOfDataUrl(url)).toBe(image)
})

test('eight megabytes of image are checked in well under a second', () => {
  const image = 'A'.repeat(8_000_000)
  const startedAt = performance.now()
  expect(imageOfDataUrl(`data:image/png;base64,${image}`)).toHaveLength(image.length)
  expect(isBase64(`${image}!AAA`)).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(500)
})

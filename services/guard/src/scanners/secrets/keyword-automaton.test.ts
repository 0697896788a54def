import { array, assert, constantFrom, property, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { KeywordAutomaton } from './keyword-automaton.ts'

const places = (keywords: readonly string[], text: string): string[] => {
  const found: string[] = []
  new KeywordAutomaton(keywords).each(text, (keyword, start, end) => found.push(`${keyword} ${start} ${end}`))
  return found.sort()
}

test('finds what looking for each keyword at each place finds', () => {
  const word = array(constantFrom('a', 'b', '密', '-'), { minLength: 1, maxLength: 4 }).map(each => each.join(''))
  const text = array(constantFrom('a', 'B', 'A', 'b', '密', '-', 'x'), { maxLength: 60 }).map(each => each.join(''))
  assert(
    property(uniqueArray(word, { minLength: 1, maxLength: 8 }), text, (keywords, given) => {
      const folded = given.toLowerCase()
      const expected = keywords.flatMap((keyword, index) =>
        Array.from(folded, (_, at) => at)
          .filter(at => folded.startsWith(keyword, at))
          .map(at => `${index} ${at} ${at + keyword.length}`),
      )
      expect(places(keywords, given)).toEqual(expected.sort())
    }),
  )
})

test('a keyword is found in any case', () => {
  expect(places(['şifre', 'ключ'], 'ŞİFRE КЛЮЧ ключ')).toContain('1 6 10')
})

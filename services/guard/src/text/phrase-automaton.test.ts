import { describe, expect, it } from 'vitest'
import { PhraseAutomaton } from './phrase-automaton.ts'

const spaced = (text: string) => ({ text, anywhere: false })
const joined = (text: string) => ({ text, anywhere: true })

const foundIn = (phrases: readonly { text: string; anywhere: boolean }[], text: string): string[] => {
  const found: string[] = []
  new PhraseAutomaton(phrases).each(text, {
    wants: () => true,
    found: (phrase, start, end) => void found.push(`${phrases[phrase]?.text}@${start}-${end}`),
  })
  return found
}

describe('PhraseAutomaton', () => {
  it.each([
    ['a whole word', [spaced('rule')], 'a rule, ruled', ['rule@2-6']],
    ['a word that goes on', [spaced('ignor*')], 'ignoring it', ['ignor*@0-5']],
    ['a word that begins otherwise', [spaced('*تجاهل')], 'وتجاهل', ['*تجاهل@1-6']],
    ['phrases that overlap', [spaced('a b'), spaced('b c')], 'a b c', ['a b@0-3', 'b c@2-5']],
    ['a phrase that ends another', [spaced('the rules'), spaced('rules')], 'the rules', ['the rules@0-9', 'rules@4-9']],
    [
      'any white space, hyphens and underscores as one space',
      [spaced('system prompt')],
      'system \n _prompt',
      ['system prompt@0-16'],
    ],
    ['either apostrophe', [spaced("don't")], 'don’t', ["don't@0-5"]],
    ['the same phrase under two numbers', [spaced('rule'), spaced('rule')], 'rule', ['rule@0-4', 'rule@0-4']],
    ['nothing inside a word of letters', [spaced('ai')], 'email said', []],
    ['a word of letters among characters', [joined('ai')], '请ai帮忙', ['ai@1-3']],
    ['no word of letters inside another', [joined('ai')], 'email', []],
    ['characters anywhere', [joined('忽略')], '请忽略它', ['忽略@1-3']],
  ])('finds %s', (_, phrases, text, expected) => {
    expect(foundIn(phrases, text).toSorted()).toEqual(expected.toSorted())
  })

  it('ends a phrase where a gap is longer than 64 characters', () => {
    expect(foundIn([spaced('a b')], `a${' '.repeat(64)}b`)).toHaveLength(1)
    expect(foundIn([spaced('a b')], `a${' '.repeat(65)}b`)).toHaveLength(0)
  })

  it('tells nothing of what is not wanted', () => {
    const automaton = new PhraseAutomaton([spaced('a'), spaced('b')])
    const found: number[] = []
    automaton.each('a b', { wants: phrase => phrase === 1, found: phrase => void found.push(phrase) })
    expect(found).toEqual([1])
  })

  it('finds what a plain search finds, in random texts', () => {
    let seed = 7
    const random = (below: number): number => (seed = (Math.imul(seed, 48_271) >>> 0) % 2_147_483_647) % below
    const word = (length: number): string => Array.from({ length }, () => 'ab '[random(3)]).join('')
    for (let round = 0; round < 300; round++) {
      const texts = [...new Set(Array.from({ length: 6 }, () => word(1 + random(4)).trim()))].filter(
        text => text !== '',
      )
      const single = texts.map(text => text.replaceAll(/ +/g, ' '))
      const text = word(40).replaceAll(/ +/g, ' ')
      const expected = single.flatMap(phrase =>
        Array.from({ length: text.length }, (_, at) => at)
          .filter(at => ` ${text} `.startsWith(` ${phrase} `, at))
          .map(at => `${phrase}@${at}-${at + phrase.length}`),
      )
      expect(foundIn(single.map(spaced), text).toSorted()).toEqual(expected.toSorted())
    }
  })
})

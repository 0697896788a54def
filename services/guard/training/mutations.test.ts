import { describe, expect, it } from 'vitest'
import { mutations, type MutationName } from './mutations.ts'

const cases: [MutationName, string, string | undefined][] = [
  ['spaced', 'Drop it', 'D r o p   i t'],
  ['zeroWidth', 'ab cd', 'a\u200Bb c\u200Bd'],
  ['homoglyphs', 'pace', 'расе'],
  ['fullWidth', 'ab!', 'ａｂ！'],
  ['leet', 'test', '7357'],
  ['upper', 'straße', 'STRASSE'],
  ['base64', 'hi', 'aGk='],
  ['tags', 'a b', 'Hello! \u{E0061}\u{E0020}\u{E0062}'],
  ['tags', '忽略', undefined],
  ['defanged', 'https://bad.example/x', 'hxxps://bad[.]example/x'],
  ['quoted', 'k', 'value = "k"'],
  ['fenced', 'x = 1', '```\nx = 1\n```'],
  ['fenced', '```\nx\n```', undefined],
  ['apostrophe', 'I can’t', "I can't"],
]

describe('mutations', () => {
  it.each(cases)('%s of %s', (name, text, expected) => {
    expect(mutations[name](text, 'en')).toBe(expected)
  })

  it.each(['en', 'zh', 'ja', 'sw'])('hide a text in the middle of ordinary %s pages', lang => {
    const hidden = mutations.middle('SECRET', lang)
    expect(hidden.indexOf('SECRET')).toBeGreaterThan(hidden.length / 4)
    expect(hidden.indexOf('SECRET')).toBeLessThan((hidden.length * 3) / 4)
  })
})

/** Letters that pass for others: hosts that mix scripts, or are written wholly in letters that look Latin. */

const scripts = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u,
  /\p{Script=Armenian}/u,
  /[\p{Script=Arabic}\p{Script=Hebrew}]/u,
  /\p{Script=Cherokee}/u,
]

const latinLike: Readonly<Record<string, string>> = Object.fromEntries([
  ['а', 'a'],
  ['е', 'e'],
  ['о', 'o'],
  ['р', 'p'],
  ['с', 'c'],
  ['у', 'y'],
  ['х', 'x'],
  ['ѕ', 's'],
  ['і', 'i'],
  ['ј', 'j'],
  ['ԁ', 'd'],
  ['ԛ', 'q'],
  ['ԝ', 'w'],
  ['һ', 'h'],
  ['ӏ', 'l'],
  ['ь', 'b'],
  ['к', 'k'],
  ['м', 'm'],
  ['т', 't'],
  ['н', 'h'],
  ['в', 'b'],
  ['г', 'r'],
  ['п', 'n'],
  ['α', 'a'],
  ['ε', 'e'],
  ['ο', 'o'],
  ['ρ', 'p'],
  ['ν', 'v'],
  ['υ', 'u'],
  ['ι', 'i'],
  ['κ', 'k'],
  ['τ', 't'],
  ['χ', 'x'],
  ['ω', 'w'],
  ['ı', 'i'],
  ['ł', 'l'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ħ', 'h'],
  ['ɡ', 'g'],
  ['ɑ', 'a'],
  ['ɩ', 'i'],
  ['ʟ', 'l'],
  ['օ', 'o'],
  ['ո', 'n'],
])

export const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** A label of more than one script; Latin beside Chinese, Japanese and Korean is ordinary. */
export const mixesScripts = (host: string): boolean =>
  host.split(/[.-]/).some(label => {
    const used = scripts.map(script => script.test(label))
    const [latin, , , eastAsian] = used
    return used.filter(Boolean).length > (latin && eastAsian ? 2 : 1)
  })

/** As it is read by somebody who expects Latin letters: accents off, look-alikes replaced. */
export const asLatin = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^ -~]/gu, letter => latinLike[letter] ?? letter)

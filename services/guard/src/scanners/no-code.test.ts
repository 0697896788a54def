import { describe, expect, it } from 'vitest'
import { Subject } from '../text/subject.ts'
import { noCode } from './no-code.ts'
import type { Found, ScanContext } from './scanner.ts'

const context: ScanContext = { direction: 'output', checkTime: () => undefined, tally: new Map() }
const scannerFor = (allow: string[] = []) => noCode({ threshold: 0.5, action: 'block', redactWith: '', allow })
const acting = (text: string, allow?: string[]): Found[] =>
  scannerFor(allow)
    .scan(new Subject(text), context)
    .filter(found => found.score >= 0.5)
const extracts = (text: string, allow?: string[]): string[] =>
  acting(text, allow).map(({ start, end }) => text.slice(start, end))
const fenced = (code: string, tag = ''): string => `Here you are:\n\n\`\`\`${tag}\n${code}\n\`\`\`\n\nEnjoy.`

const code: readonly (readonly [language: string, code: string])[] = [
  ['python', 'def area(r):\n    return 3.14 * r ** 2'],
  ['javascript', 'const area = r => Math.PI * r * r;'],
  ['java', 'public int size() {\n    return items.size();\n}'],
  ['c', '#include <stdio.h>\nint main(void) { puts("hi"); return 0; }'],
  ['rust', 'fn main() {\n    println!("{}", 6 * 7);\n}'],
  ['go', 'if err != nil {\n\treturn err\n}'],
  ['haskell', 'size :: Tree a -> Int\nsize Leaf = 0'],
  ['lisp', '(defun twice (x) (* 2 x))'],
  ['prolog', 'uncle(X, Y) :- brother(X, Z), parent(Z, Y).'],
  ['cobol', 'PROCEDURE DIVISION.\n    DISPLAY "HELLO".\n    STOP RUN.'],
  ['fortran', 'do i = 1, n\n  s = s + a(i)\nend do'],
  ['sql', 'SELECT name FROM boats WHERE length > 10;'],
  ['bash', 'sudo apt-get install -y curl'],
  ['powershell', 'Get-ChildItem -Recurse | Remove-Item'],
  ['dockerfile', 'FROM node:22\nCOPY . .\nRUN npm ci'],
  ['yaml', 'services:\n  web:\n    image: nginx\n    ports:\n      - "80:80"'],
  ['json', '{"name": "ferry", "seats": 120}'],
  ['html', '<ul>\n  <li>Tea</li>\n</ul>'],
  ['css', '.menu { display: flex; color: #333; }'],
  ['latex', '\\documentclass{article}\n\\begin{document}\nHi\n\\end{document}'],
  ['asm', 'mov eax, 1\nint 0x80'],
  ['diff', '@@ -1,2 +1,2 @@\n-let a = 1\n+let a = 2'],
]

const prose: readonly string[] = [
  'The ferry leaves at nine; tickets (12 euros) are sold on board.',
  'In Python, lists are mutable, while tuples are not. See README.md for details.',
  'Ingredients:\n- 200 g flour\n- 2 eggs\n- 1/2 cup of milk',
  '| Name | Age |\n|------|-----|\n| Ana | 30 |',
  'So 3x + 5 = 20, which gives 3x = 15 and x = 5.',
  '\\[ \\int_0^1 x^2 \\, dx = \\frac{1}{3} \\]',
  '1. e4 e5 2. Nf3 Nc6 3. Bb5 a6',
  '"Where were you?" she asked.\n"At the station," he said.',
  'Roses bloom, the river bends,\nNight begins where daylight ends.',
  '姓名：王芳\n年龄：28\n城市：杭州',
  'Откройте файл config.ini и измените порт на 8080.',
  'افتح الإعدادات ثم اختر اللغة العربية.',
  '## 2. Scope of the agreement\n\n**4.2** The Tenant shall (a) pay the rent and (b) keep the flat clean.',
  'The hook `useEffect` runs after the render of `App`.',
]

describe('NoCode', () => {
  it.each(code)('finds %s without a fence', (_, snippet) => {
    expect(acting(snippet)).not.toEqual([])
  })

  it.each(code)('finds a fence of %s, with and without a language, as one block', (language, snippet) => {
    for (const tag of ['', language]) {
      const text = fenced(snippet, tag)
      expect(extracts(text).join('')).toBe(text.slice(text.indexOf('```'), text.lastIndexOf('```') + 4))
    }
  })

  it.each(prose)('does not take prose for code: %j', text => {
    expect(extracts(text)).toEqual([])
  })

  it.each([
    ['a poem', 'Roses bloom, the river bends,\nNight begins where daylight ends.'],
    ['a table', '| Name | Age |\n|------|-----|\n| Ana | 30 |'],
    ['a letter', 'Dear Ana,\n\nthank you for your letter of May 3.\n\nYours, Bo'],
  ])('lets a fence with %s pass', (_, text) => {
    expect(extracts(fenced(text, 'text'))).toEqual([])
    expect(extracts(fenced(text))).toEqual([])
  })

  it('finds a command in a span of a sentence, and nothing else of it', () => {
    expect(extracts('To get it, run `npm install --save left-pad` and wait.')).toEqual([
      '`npm install --save left-pad`',
    ])
  })

  it('tells where code within prose begins and ends', () => {
    const snippet = 'for (let i = 0; i < 3; i++) {\n  console.log(i);\n}\n'
    expect(extracts(`It counts to three.\n\n${snippet}\nThat is all there is to it.`)).toEqual([snippet])
  })

  it('finds a fence that is never closed', () => {
    expect(extracts('Look:\n```python\nimport os\nprint(os.getcwd())')).toEqual([
      '```python\nimport os\nprint(os.getcwd())',
    ])
  })

  it.each([
    ['js', 'javascript', 'const a = 1;\nconsole.log(a);'],
    ['py', 'python', 'import os\nprint(os.name)'],
    ['yml', 'yaml', 'name: demo\nsteps:\n  - run: make'],
    ['c++', 'cpp', 'std::cout << 1 << std::endl;'],
    ['shell', 'zsh', 'ls -la | grep txt'],
    ['json', 'json', '{\n  "a": 1,\n  "b": [2, 3]\n}'],
  ])('lets languages that are allowed pass by any of their names: %s is %s', (allowed, tag, snippet) => {
    expect(extracts(fenced(snippet, tag), [allowed])).toEqual([])
  })

  it.each([
    ['json', '{\n  "a": 1,\n  "b": [2, 3]\n}'],
    ['sql', 'SELECT name FROM boats\nWHERE length > 10\nORDER BY name;'],
    ['python', 'import os\n\ndef main():\n    print(os.name)'],
  ])('knows %s, which is allowed, without its name', (language, snippet) => {
    expect(extracts(fenced(snippet), [language])).toEqual([])
    expect(extracts(snippet, [language])).toEqual([])
    expect(extracts(snippet, ['ruby'])).not.toEqual([])
  })

  it('finds what only says that it is of an allowed language', () => {
    const python = 'import os\ndef main():\n    for name in os.listdir("."):\n        print(name)'
    expect(extracts(fenced(python, 'json'), ['json'])).not.toEqual([])
  })

  it('finds other languages next to an allowed one', () => {
    const text = `${fenced('{"a": 1}', 'json')}\n\n${fenced('SELECT 1 FROM dual;', 'sql')}`
    expect(extracts(text, ['json'])).toEqual(['```sql\nSELECT 1 FROM dual;\n```\n'])
  })

  it.each(['', ' \n\t\n', '\ud800\udfff\udc00', '```', '```\n```', '`', '\u200b'.repeat(5_000), '\u202eedoc\u202c'])(
    'says nothing of %j',
    text => {
      expect(acting(text)).toEqual([])
    },
  )
})

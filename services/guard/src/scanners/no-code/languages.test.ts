import { describe, expect, it } from 'vitest'
import { FamilyVotes } from './family.ts'
import { allowedOf, tagOf, type Family } from './languages.ts'

const votesFor = (code: string): FamilyVotes => {
  const votes = new FamilyVotes()
  for (const line of code.split('\n')) votes.add(line)
  return votes
}

describe('tagOf', () => {
  it.each([
    ['js', 'javascript', 'script'],
    ['TypeScript', 'typescript', 'script'],
    ['c++', 'c++', 'curly'],
    ['cs', 'c#', 'curly'],
    ['zsh', 'shell', 'shell'],
    ['yml', 'yaml', 'yaml'],
    ['python title="a.py"', 'python', 'python'],
    ['{.ruby .numberLines}', 'ruby', 'ruby'],
    ['brainfuck', 'brainfuck', 'other'],
  ])('knows %j', (info, name, family) => {
    expect(tagOf(info)).toEqual({ name, family, kind: 'language' })
  })

  it('knows which fences say that they hold text, and which say nothing', () => {
    expect(tagOf('text').kind).toBe('plain')
    expect(tagOf(' Markdown').kind).toBe('plain')
    expect(tagOf('  ').kind).toBe('none')
  })

  it('allows a language by any of its names', () => {
    expect([...allowedOf(['py', 'Bash', '']).names]).toEqual(['python', 'shell'])
  })
})

const samples: readonly (readonly [Family, string])[] = [
  ['python', 'import os\nfor name in names:\n    print(name)'],
  ['script', "import a from 'a'\nconst b = () => a()"],
  ['curly', 'public static void main(String[] args) {\n    int a = 1;\n}'],
  ['shell', '#!/bin/sh\necho "$1" | wc -l'],
  ['sql', 'SELECT a FROM b\nWHERE c = 1'],
  ['markup', '<ul>\n<li>Tea</li>\n</ul>'],
  ['style', '.menu {\n  color: red;\n}'],
  ['json', '{\n  "a": 1\n}'],
  ['yaml', 'name: demo\nsteps:\n  - run: make'],
  ['settings', '[server]\nport = 80'],
  ['php', '<?php\n$a = 1;'],
  ['ruby', "require 'set'\nitems.each do |item|\n  puts item\nend"],
  ['lisp', '(defn twice [x]\n  (* 2 x))'],
  ['tex', '\\begin{itemize}\n\\item Tea\n\\end{itemize}'],
]

describe('FamilyVotes', () => {
  it.each(samples)('knows %s by its marks', (family, code) => {
    expect(votesFor(code).best).toBe(family)
    expect(votesFor(code).contradicts(family)).toBe(false)
  })

  it('is not certain of a line that many languages have', () => {
    expect(votesFor('x = 5').best).toBeUndefined()
  })

  it('sees that Python is no JSON', () => {
    expect(votesFor('import os\ndef main():\n    print(os.name)').contradicts('json')).toBe(true)
  })
})

/** One character per token of a shape (see `shape.ts`). What has none is written as it is: operators and brackets. */

const privateUse = 0xe000

/** `keywords` in lower case, with a capital, in capitals: each from here on, in the order of the list. */
export const keywordTokens = { lower: privateUse, capital: privateUse + 0x100, upper: privateUse + 0x200 } as const

let next = privateUse + 0x300
const token = (): number => next++

export const tokens = {
  lineStart: token(),
  indent: token(),
  deepIndent: token(),
  bullet: token(),
  numbering: token(),
  codeWord: token(),
  codeWordCapital: token(),
  codeWordUpper: token(),
  command: token(),
  plainCommand: token(),
  formula: token(),
  address: token(),
  quotation: token(),
  string: token(),
  comment: token(),
  codeSpan: token(),
  path: token(),
  option: token(),
  variable: token(),
  annotation: token(),
  directive: token(),
  tagOpen: token(),
  tagClose: token(),
  tex: token(),
  hex: token(),
  dotBetween: token(),
  callOpen: token(),
  indexOpen: token(),
  endColon: token(),
  endSemicolon: token(),
  endBrace: token(),
  endStop: token(),
  word: token(),
  wordCapital: token(),
  wordUpper: token(),
  camel: token(),
  snake: token(),
  upperSnake: token(),
  kebab: token(),
  kebabCapital: token(),
  kebabUpper: token(),
  keyColon: token(),
  technical: token(),
  continued: token(),
  withDigits: token(),
  letter: token(),
  foreign: token(),
  number: token(),
  symbol: token(),
} as const

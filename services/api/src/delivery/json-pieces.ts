import { setImmediate } from 'node:timers/promises'

/**
 * What `JSON.stringify` says of an object, an item of its lists at a time: 2,048 vectors of 4,096 numbers are 160 MB, which
 * would hold the process for 2.7 s. Between pieces everybody else has a turn.
 */
export async function* jsonPieces(body: object): AsyncGenerator<string> {
  let before = '{'
  for (const [key, value] of Object.entries(body)) {
    if (value === undefined) continue
    yield `${before}${JSON.stringify(key)}:`
    before = ','
    yield* Array.isArray(value) ? listPieces(value) : [JSON.stringify(value)]
  }
  yield before === '{' ? '{}' : '}'
}

async function* listPieces(list: readonly unknown[]): AsyncGenerator<string> {
  for (const [index, item] of list.entries()) {
    yield (index === 0 ? '[' : ',') + JSON.stringify(item)
    await setImmediate()
  }
  yield list.length === 0 ? '[]' : ']'
}

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { Reference } from './support/reference.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

let stack: Stack
let reference: Reference
beforeAll(async () => {
  stack = await startStack({ redisUrl, config: { server: { keys: ['k'] } } })
  reference = await Reference.read(stack.url)
})
afterAll(() => stack[Symbol.asyncDispose]())

describe('the document', () => {
  test('is OpenAPI 3.1, and of a size that a browser can read', () => {
    expect(reference.document.openapi).toBe('3.1.0')
    expect(reference.text.length).toBeLessThan(300_000)
  })

  test('refers to nothing that is not there', () => {
    const refs = [...reference.text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = '']) => ref)
    expect(refs.length).toBeGreaterThan(100)
    for (const ref of new Set(refs)) {
      const [root, ...keys] = ref.split('/')
      expect(root).toBe('#')
      const found = keys.reduce<unknown>((value, key) => (value as never)[key], reference.document)
      expect(found, ref).toBeTypeOf('object')
    }
  })

  test('has an id of its own for every operation, and declares every parameter of its path', () => {
    const { operations } = reference
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    for (const { title, parameters = [] } of operations) {
      const inPath = parameters.filter(each => each.in === 'path').map(each => each.name)
      expect(inPath, title).toEqual([...title.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    }
  })

  test('has patterns that every reader of JSON schemas can compile', () => {
    const patterns = [...reference.text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)]
    expect(patterns.length).toBeGreaterThan(5)
    for (const [, json = ''] of patterns) expect(() => new RegExp(JSON.parse(json) as string, 'u')).not.toThrow()
  })

  test('says where a key is needed, and everywhere else none is', async () => {
    expect(reference.document.security).toHaveLength(2)
    for (const { title, security } of reference.operations) {
      const [method = '', path = ''] = title.split(' ')
      const { status } = await fetch(stack.url + path.replaceAll(/\{\w+\}/g, 'x'), { method })
      expect(status === 401, title).toBe(security?.length !== 0)
    }
  })
})

describe('the page', () => {
  let html: string
  beforeAll(async () => {
    const response = await fetch(`${stack.url}/docs`)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    html = await response.text()
  })

  test('has every operation, runs nothing, and asks nobody else', () => {
    for (const { title, operationId } of reference.operations)
      expect(html).toContain(`<article id="${operationId}"><h3><code>${title}</code></h3>`)
    expect(html).not.toMatch(/<script|<link|<img|https?:|\son\w+=/)
  })

  test('has no link into the void, and no place twice', () => {
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of html.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target)
  })
})

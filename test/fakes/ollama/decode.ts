/** Reads request bodies as Ollama does: Go's decoder, so its words for what is wrong. */

/** A class, so that no body can look like one. */
export class Refusal {
  readonly status: number
  readonly error: string

  constructor(status: number, error: string) {
    this.status = status
    this.error = error
  }
}

export type Json = Record<string, unknown>

export type Kind = 'string' | 'bool' | 'int' | 'object' | 'array'

export const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

const goTypes: Record<Kind, string> = {
  string: 'string',
  bool: 'bool',
  int: 'int',
  object: 'map[string]interface {}',
  array: '[]api',
}

export const readObject = (raw: string): Json | Refusal => {
  const text = raw.trim()
  if (text === '') return new Refusal(400, 'missing request body')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const first = Array.from(text.slice(0, 2))[0]
    return new Refusal(
      400,
      first === '{' ? 'unexpected EOF' : `invalid character '${first}' looking for beginning of value`,
    )
  }
  if (value === null) return {}
  if (kindOf(value) !== 'object') {
    return new Refusal(400, `json: cannot unmarshal ${kindOf(value)} into Go value of type api`)
  }
  return value as Json
}

const isOf = (value: unknown, kind: Kind): boolean =>
  kind === 'int' ? Number.isInteger(value) : kindOf(value) === kind

const wrong = (value: unknown, field: string, type: string): Refusal => {
  const given = typeof value === 'number' && !Number.isInteger(value) ? `number ${value}` : kindOf(value)
  return new Refusal(400, `json: cannot unmarshal ${given} into Go struct field ${field} of type ${type}`)
}

/** The first field of the wrong kind; null counts as absent. */
export const wrongKind = (struct: string, object: Json, kinds: Record<string, Kind>): Refusal | undefined => {
  for (const [field, kind] of Object.entries(kinds)) {
    const value = object[field] ?? undefined
    if (value !== undefined && !isOf(value, kind)) return wrong(value, `${struct}.${field}`, goTypes[kind])
  }
  return undefined
}

/** The first item of the wrong kind. @param field as in `ChatRequest.messages`. @param type what Go calls an item. */
export const wrongItem = (
  field: string,
  items: readonly unknown[],
  kind: Kind,
  type: string = goTypes[kind],
): Refusal | undefined => {
  const item = items.find(value => !isOf(value, kind))
  return item === undefined ? undefined : wrong(item, field, type)
}

/** Images are bytes in standard base64: a data URL is refused at its colon. */
export const wrongImage = (struct: string, images: readonly unknown[]): Refusal | undefined => {
  const notText = wrongItem(`${struct}.images`, images, 'string', 'api.ImageData')
  if (notText !== undefined) return notText
  const faults = images.map(image => base64Fault(image as string))
  const at = faults.find(fault => fault !== undefined)
  return at === undefined ? undefined : new Refusal(400, `illegal base64 data at input byte ${at}`)
}

/** Where a text stops being base64. */
const base64Fault = (text: string): number | undefined => {
  const digits = /^[A-Za-z0-9+/]*/.exec(text)![0].length
  const isWhole = text.length % 4 === 0 && ['', '=', '=='].includes(text.slice(digits))
  return isWhole ? undefined : digits
}

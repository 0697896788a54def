/** `JSON.rawJSON` of V8, which TypeScript's library does not know yet: a number that `JSON.stringify` writes as it is. */
export const rawJson = (source: string): unknown =>
  (JSON as unknown as { rawJSON(source: string): unknown }).rawJSON(source)

/** Go's standard base64, which Ollama expects: padded, not URL-safe. Without a regex that backtracks over megabytes. */
export const isBase64 = (text: string): boolean => {
  if (text === '' || text.length % 4 !== 0 || /[^A-Za-z0-9+/=]/.test(text)) return false
  const padding = text.indexOf('=')
  return padding === -1 || padding === text.length - 1 || (padding === text.length - 2 && text.endsWith('=='))
}

const base64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)'

/** The same in JSON Schema's words. */
export const base64Schema = { contentEncoding: 'base64', pattern: `^${base64}$` }
export const imageUrlSchema = {
  pattern: `^data:(?:image/(?:jpeg|jpg|png|webp))?;base64,${base64}$`,
  description: 'An image as a `data:` URL: none is fetched from elsewhere.',
}

/** What Ollama decodes. It also takes a data URL without a media type and looks at the bytes. */
const imageUrl = /^data:(?:image\/(?:jpeg|jpg|png|webp))?;base64,/i

/** The base64 text of an image's data URL; undefined for anything else. */
export const imageOfDataUrl = (url: string): string | undefined => {
  const [prefix] = imageUrl.exec(url) ?? []
  if (prefix === undefined) return undefined
  const image = url.slice(prefix.length)
  return isBase64(image) ? image : undefined
}

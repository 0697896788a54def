/**
 * JSON text as a scanner has to see it: as it is written, and below that every key and every string as whoever parses it
 * will read it. An escape could hide a finding (`\u0062ad`) or grow together with a word (`\nbad`); without one, the two
 * are the same.
 *
 * Throws SyntaxError for what is not JSON.
 */
export const readable = (json: string): string => {
  if (!json.includes('\\')) return json
  const lines = [json]
  // Not by recursion: nobody has bounded how deep it is.
  const left: unknown[] = [JSON.parse(json)]
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value === 'string') lines.push(value)
    else if (Array.isArray(value)) for (const item of value) left.push(item)
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) {
        lines.push(key)
        left.push(item)
      }
  }
  return lines.join('\n')
}

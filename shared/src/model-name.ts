/** Ollama treats `x` and `x:latest` as one model and ignores case; a public name is compared in this form. */
export const canonicalModel = (name: string): string => {
  const lower = name.toLowerCase()
  return lower.endsWith(':latest') ? lower.slice(0, -':latest'.length) : lower
}

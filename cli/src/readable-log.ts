/** Of no use on the terminal that the process was started from. */
const LEFT_OUT = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg'])
const LEVELS: Record<number, string> = { 40: 'warning: ', 50: 'error: ', 60: 'fatal: ' }
const LENGTH_MAX = 20_000

/** A line of a service's JSON log as people read it: `listening url=http://127.0.0.1:8000`. Any other line as it is. */
export const readableLog = (line: string): string => {
  const entry = line.startsWith('{"level":') && line.length <= LENGTH_MAX ? parse(line) : undefined
  if (entry === undefined) return line
  const facts = Object.entries(entry).filter(([key]) => !LEFT_OUT.has(key))
  const words = [entry['msg'], ...facts.map(([key, value]) => `${key}=${readable(value)}`)]
  return (LEVELS[Number(entry['level'])] ?? '') + words.join(' ')
}

const parse = (line: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** An error is its message here. */
const readable = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  return JSON.stringify(value)
}

import { createReadStream } from 'node:fs'
import type { LoadResult } from './load.ts'
import { loadConfig } from './load.ts'
import type { Refused } from './problem.ts'
import type { Env } from './references.ts'
import { bytesMax } from './yaml.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
}

/** The text of a configuration file. Reads one byte more than is allowed, so a device or a huge file ends too. */
export const readConfigText = async (path: string): Promise<{ readonly ok: true; readonly text: string } | Refused> => {
  const refuse = (message: string): Refused => ({ ok: false, problems: [{ path, message }] })
  try {
    const chunks: Buffer[] = []
    for await (const chunk of createReadStream(path, { end: bytesMax })) chunks.push(chunk as Buffer)
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return refuse('must be UTF-8 text')
    return refuse(`cannot be read: ${reasons[code] ?? code}`)
  }
}

/** `loadConfig` of a file; one that cannot be read is a problem too. */
export const readConfigFile = async (path: string, env: Env): Promise<LoadResult> => {
  const read = await readConfigText(path)
  return read.ok ? loadConfig(read.text, { fileName: path, env }) : read
}

import { convertConfig } from '@drover/shared/config/load'
import { readConfigText } from '@drover/shared/config/read-file'
import type { Io } from '../io.ts'
import { exitCodes } from './exit-codes.ts'

/** `drover config convert FILE`: prints the `drover.yaml` that says what a LiteLLM file says. */
export const convertConfigFile = async (file: string, io: Pick<Io, 'env' | 'out' | 'err'>): Promise<number> => {
  const read = await readConfigText(file)
  if (!read.ok) {
    for (const { path, message } of read.problems) io.err(`${path}: ${message}`)
    return exitCodes.unreadable
  }
  const converted = convertConfig(read.text, { fileName: file, env: io.env })
  if (!converted.ok) {
    for (const { path, message } of converted.problems) io.err(`${path}: ${message}`)
    return exitCodes.refused
  }
  for (const warning of converted.warnings) io.err(`warning: ${warning}`)
  io.out(converted.yaml.trimEnd())
  return exitCodes.ok
}

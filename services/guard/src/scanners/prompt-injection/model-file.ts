import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { Family } from './family.ts'
import { rowWeights, type Network, type NetworkHeader } from './network.ts'

/** The file: letters, the length of the header, the header (JSON), the weights of each network (brotli: half of the bytes). */

export interface InjectionWeights {
  readonly wide: Network
  readonly marksOnly: Network
  /** The sum from which on the answer is yes. */
  readonly thresholds: Readonly<Record<Family, number>>
}

interface Header {
  readonly wide: NetworkHeader
  readonly marksOnly: NetworkHeader
  readonly thresholds: InjectionWeights['thresholds']
}

const letters = 'DGN3'
const headerStart = 8

const bytesOf = ({ spec }: NetworkHeader): number => 2 ** spec.bits * rowWeights

export const encodeWeights = ({ wide, marksOnly, thresholds }: InjectionWeights): Buffer => {
  const header: Header = { wide: wide.header, marksOnly: marksOnly.header, thresholds }
  const json = Buffer.from(JSON.stringify(header))
  const start = Buffer.alloc(headerStart)
  start.write(letters, 'latin1')
  start.writeUInt32LE(json.length, letters.length)
  const bytes = [wide, marksOnly].map(({ rows }) => Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength))
  const weights = Buffer.concat(bytes)
  return Buffer.concat([start, json, brotliCompressSync(weights, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })])
}

export const decodeWeights = (file: Buffer): InjectionWeights => {
  if (file.toString('latin1', 0, letters.length) !== letters) throw new Error('not a file of injection weights')
  const headerEnd = headerStart + file.readUInt32LE(letters.length)
  const header = JSON.parse(file.toString('utf8', headerStart, headerEnd)) as Header
  const bytes = brotliDecompressSync(file.subarray(headerEnd))
  const ofWide = bytesOf(header.wide)
  if (bytes.length !== ofWide + bytesOf(header.marksOnly)) throw new Error('injection weights that are not complete')
  const rows = (from: number, to: number): Int32Array =>
    new Int32Array(Uint8Array.from(bytes.subarray(from, to)).buffer)
  return {
    wide: { header: header.wide, rows: rows(0, ofWide) },
    marksOnly: { header: header.marksOnly, rows: rows(ofWide, bytes.length) },
    thresholds: header.thresholds,
  }
}

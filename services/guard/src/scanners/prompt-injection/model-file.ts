import type { Family } from './family.ts'
import type { Network, NetworkHeader } from './network.ts'

/** The file: letters, the length of the header, the header (JSON), the weights of each network. */

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

const letters = 'DGN2'
const headerStart = 8

const bytesOf = ({ spec, hidden }: NetworkHeader): number => 2 ** spec.bits * (1 + hidden)

export const encodeWeights = ({ wide, marksOnly, thresholds }: InjectionWeights): Buffer => {
  const header: Header = { wide: wide.header, marksOnly: marksOnly.header, thresholds }
  const json = Buffer.from(JSON.stringify(header))
  const start = Buffer.alloc(headerStart)
  start.write(letters, 'latin1')
  start.writeUInt32LE(json.length, letters.length)
  const weights = [wide, marksOnly].flatMap(({ linear, inner }) => [linear, inner])
  return Buffer.concat([start, json, ...weights.map(each => Buffer.from(each.buffer, each.byteOffset, each.length))])
}

export const decodeWeights = (file: Buffer): InjectionWeights => {
  if (file.toString('latin1', 0, letters.length) !== letters) throw new Error('not a file of injection weights')
  const headerEnd = headerStart + file.readUInt32LE(letters.length)
  const header = JSON.parse(file.toString('utf8', headerStart, headerEnd)) as Header
  if (file.length !== headerEnd + bytesOf(header.wide) + bytesOf(header.marksOnly))
    throw new Error('a file of injection weights that is not complete')
  const network = (of: NetworkHeader, from: number): Network => {
    const weights = new Int8Array(file.subarray(from, from + bytesOf(of)))
    const buckets = 2 ** of.spec.bits
    return { header: of, linear: weights.subarray(0, buckets), inner: weights.subarray(buckets) }
  }
  return {
    wide: network(header.wide, headerEnd),
    marksOnly: network(header.marksOnly, headerEnd + bytesOf(header.wide)),
    thresholds: header.thresholds,
  }
}

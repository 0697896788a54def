import type { FeatureSpec } from './features.ts'

/** A trained model as `models/<name>.bin` has it: four letters, the header's length, the header (JSON), the weights. */

export interface ModelHeader {
  readonly spec: FeatureSpec
  /** What a weight of 1 is worth. */
  readonly scale: number
  readonly bias: number
  /** The sum from which on the answer is yes: a score of 0.5. */
  readonly threshold: number
}

export interface Model {
  readonly header: ModelHeader
  readonly weights: Int8Array
}

const magic = 'DGM1'
const headerStart = 8

export const encodeModel = ({ header, weights }: Model): Buffer => {
  const json = Buffer.from(JSON.stringify(header))
  const start = Buffer.alloc(headerStart)
  start.write(magic, 'latin1')
  start.writeUInt32LE(json.length, magic.length)
  return Buffer.concat([start, json, new Uint8Array(weights.buffer, weights.byteOffset, weights.length)])
}

export const decodeModel = (file: Buffer): Model => {
  if (file.toString('latin1', 0, magic.length) !== magic) throw new Error('not a model file')
  const headerEnd = headerStart + file.readUInt32LE(magic.length)
  const header = JSON.parse(file.toString('utf8', headerStart, headerEnd)) as ModelHeader
  const weights = Int8Array.from(file.subarray(headerEnd), byte => (byte << 24) >> 24)
  if (weights.length !== 2 ** header.spec.bits) throw new Error('a model file that is not complete')
  return { header, weights }
}

/** Arguments of one call. */
const argumentsMax = 4096

/** A text of code units. One byte each where that is enough: V8 searches such strings faster. */
export const textOfUnits = (units: Uint16Array, length: number): string => {
  if (length <= argumentsMax) return Reflect.apply(String.fromCharCode, undefined, units.subarray(0, length))
  let all = 0
  for (let at = 0; at < length; at += 1) all |= units[at] as number
  if (all > 0xff) return Buffer.from(units.buffer, units.byteOffset, length * 2).toString('utf16le')
  return Buffer.from(units.subarray(0, length)).toString('latin1')
}

/** A longer copy. */
export const withRoomFor = <T extends Uint16Array | Uint32Array>(array: T, length: number): T => {
  const longer = new (array.constructor as new (length: number) => T)(Math.max(length, 2 * array.length))
  longer.set(array)
  return longer
}

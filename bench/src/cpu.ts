import { readFileSync } from 'node:fs'

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const msPerTick = 10

/** User and system time of a process so far, in steps of 10 ms; undefined where there is no /proc. */
export const cpuMs = (pid: number): number | undefined => {
  const stat = readStat(pid)
  if (stat === undefined) return undefined
  // The second field is the program's name in brackets, which may itself contain brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * msPerTick
}

const readStat = (pid: number): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
}

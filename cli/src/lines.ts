import { styleText } from 'node:util'

import type { Io } from './io.ts'
import { readableLog } from './readable-log.ts'

const WIDTH = 'worker'.length
const COLORS = { api: 'cyan', guard: 'magenta', worker: 'green', demo: 'yellow', redis: 'red' } as const

/** Prints what the processes say, each line after the name of its speaker. */
export const linePrinter =
  (io: Pick<Io, 'out' | 'style'>) =>
  (name: string, text: string): void => {
    const label = name.padEnd(WIDTH)
    const color = io.style && Object.hasOwn(COLORS, name) ? COLORS[name as keyof typeof COLORS] : undefined
    io.out(`${color === undefined ? label : styleText(color, label, { validateStream: false })} | ${readableLog(text)}`)
  }

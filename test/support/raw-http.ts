import { connect, type Socket } from 'node:net'

/** One connection on which a test writes the bytes itself, and reads only as fast as it likes. */
export class RawConnection implements Disposable {
  readonly socket: Socket
  /** How it ended: `end` for a clean end, else the code of the error. Pending while it is open. */
  readonly ended: Promise<string>
  /** Everything received so far. */
  text = ''

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    this.socket.setEncoding('utf8')
    this.socket.on('data', (text: string) => (this.text += text))
    this.socket.on('end', () => resolve('end'))
    this.socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  }

  /** Writes a request whose body is JSON. */
  postJson(path: string, body: object): void {
    const json = JSON.stringify(body)
    this.socket.write(
      `POST ${path} HTTP/1.1\r\nhost: drover\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
    )
  }

  /** Resolves when `predicate` holds of what was received; rejects when the connection ends before. */
  async received(predicate: (text: string) => boolean): Promise<void> {
    while (!predicate(this.text)) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.socket.once('data', () => resolve())
      const ended = await Promise.race([promise, this.ended])
      if (ended !== undefined && !predicate(this.text))
        throw new Error(`ended (${ended}) after: ${this.text.slice(-500)}`)
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

export interface RawResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Reads a response that is not chunked. */
export const parseResponse = (text: string): RawResponse => {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...fields] = head.split('\r\n')
  const pairs = fields.map((field): [string, string] => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon), field.slice(colon + 1).trim()]
  })
  return { status: Number(statusLine.split(' ')[1]), headers: new Headers(pairs), body: rest.join('\r\n\r\n') }
}

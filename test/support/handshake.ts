/** A WebSocket handshake written by hand: what the server answers to it, word for word. */
import { connect } from 'node:net'

/** The key of the examples in RFC 6455. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

const BASE: Readonly<Record<string, string>> = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
}

/**
 * The head of the answer, and the body of one that is no upgrade. A header set to '' is left out.
 * Rejects when the connection breaks before.
 */
export const handshake = (port: number, headers: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const lines = Object.entries({ ...BASE, ...headers }).filter(([, value]) => value !== '')
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const done = (): void => {
      const [top = '', body = ''] = received.split('\r\n\r\n')
      const length = /^content-length: (\d+)$/im.exec(top)?.[1]
      if (!received.includes('\r\n\r\n') || (length !== undefined && body.length < Number(length))) return
      socket.destroy()
      resolve(length === undefined ? top : `${top}\r\n\r\n${body}`)
    }
    socket.setEncoding('latin1')
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`closed after: ${received}`)))
    socket.on('data', (text) => {
      received += text
      done()
    })
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${head}\r\n`)
  })

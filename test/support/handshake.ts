/** A WebSocket handshake written by hand: what the server answers to it, word for word. */
import { connect } from 'node:net'

/** The key of the examples in RFC 6455. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

const BASE: Readonly<Record<string, string>> = {
  Host: 'sluice',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
}

/** A header set to undefined is left out, and so is an empty one. */
export type HandshakeHeaders = Readonly<Record<string, string | undefined>>

/** The request, word for word. */
export const handshakeText = (headers: HandshakeHeaders): string => {
  const lines = Object.entries({ ...BASE, ...headers }).filter(([, value]) => value)
  return `GET / HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** The head of the answer, and the body of one that is no upgrade. Rejects when the connection breaks before. */
export const handshake = (port: number, headers: HandshakeHeaders): Promise<string> =>
  new Promise((resolve, reject) => {
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
    socket.write(handshakeText(headers))
  })

/** Bytes written to a fresh connection as they are, and what came back until it was closed or silent. */
import { connect } from 'node:net'

const SILENT_MS = 300

export const rawHttp = (port: number, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const end = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(received)
    }
    let timer = setTimeout(end, SILENT_MS)
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      received += text
      clearTimeout(timer)
      timer = setTimeout(end, SILENT_MS)
    })
    socket.once('error', end)
    socket.once('close', end)
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  })

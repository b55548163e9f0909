import { connect } from 'node:net'
import type { Address } from '../jobs.ts'

const END_OF_HEAD = '\r\n\r\n'

/**
 * Hears answers over one connection that stays open, into one buffer, and keeps none: a client that holds on to what it
 * measures waits for its own garbage collector. Rejects for all but a 200 that tells its length.
 */
export const createHearer = ({ host, port }: Address) => {
  let left = 0
  let head = ''
  let wanted: { readonly resolve: () => void; readonly reject: (why: Error) => void } | undefined

  const begin = (chunk: string): void => {
    head += chunk
    const end = head.indexOf(END_OF_HEAD)
    if (end === -1) return
    const length = /^HTTP\/1\.1 200 [\s\S]*\r\ncontent-length: (\d+)\r\n/i.exec(head.slice(0, end + 2))?.[1]
    if (length === undefined) return wanted?.reject(new Error(`answered: ${head.slice(0, 300)}`))
    left = Number(length) - (head.length - end - END_OF_HEAD.length)
    head = ''
    if (left === 0) wanted?.resolve()
  }

  const buffer = Buffer.alloc(1 << 20)
  const heard = (bytes: number): boolean => {
    // Latin-1: a character a byte, so that lengths are those of bytes.
    if (left === 0) begin(buffer.toString('latin1', 0, bytes))
    else {
      left -= bytes
      if (left === 0) wanted?.resolve()
    }
    return true
  }
  const socket = connect({ host, port, noDelay: true, onread: { buffer, callback: heard } })
  socket.on('error', (error) => wanted?.reject(error))
  socket.on('close', () => wanted?.reject(new Error('the connection was closed')))

  return {
    hear: (path: string): Promise<void> =>
      new Promise((resolve, reject) => {
        wanted = { resolve, reject }
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\n\r\n`)
      }),
    close: (): void => void socket.destroy(),
  }
}

import { connect } from 'node:net'
import type { Address } from '../../jobs.ts'
import { createFrameReader, PONG } from './ws-frames.ts'

const CONNECT_TIMEOUT_MS = 10_000

export interface WsHandlers {
  onText(bytes: Buffer, start: number, end: number): void
  /** The socket ended before `close` was called. */
  onLost(why: string): void
}

export interface WsClient {
  close(): void
}

/** As the app asks for it, without compression. The key is the one of the RFC: the answer to it is not checked. */
const handshakeOf = ({ host, port }: Address): string =>
  [
    'GET /?apiKey=dev-api-key-change-in-production HTTP/1.1',
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n')

/** Resolves when the server has agreed; rejects when it does not. */
export const connectWs = (address: Address, readInto: Uint8Array, handlers: WsHandlers): Promise<WsClient> =>
  new Promise((resolve, reject) => {
    let state: 'connecting' | 'open' | 'closed' = 'connecting'
    let why = 'closed by the server'
    const readFrames = createFrameReader({
      onText: handlers.onText,
      onPing: () => socket.write(PONG),
      onClose: (code) => {
        why = `closed by the server with ${code}`
      },
    })
    const readAnswer = (bytes: Buffer): void => {
      const headEnd = bytes.indexOf('\r\n\r\n')
      if (headEnd < 0 || !bytes.toString('latin1', 0, headEnd).startsWith('HTTP/1.1 101')) {
        socket.destroy(new Error(`no WebSocket: ${bytes.toString('latin1', 0, 60)}`))
        return
      }
      state = 'open'
      socket.setTimeout(0)
      resolve({ close })
      if (bytes.length > headEnd + 4) readFrames(bytes.subarray(headEnd + 4))
    }
    const callback = (length: number, buffer: Uint8Array): boolean => {
      const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length)
      if (state === 'connecting') readAnswer(bytes)
      else readFrames(bytes)
      return true
    }
    const socket = connect({ ...address, onread: { buffer: readInto, callback } })
    const close = (): void => {
      state = 'closed'
      socket.destroy()
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')))
    socket.on('error', (error) => {
      why = error.message
    })
    socket.once('close', () => {
      if (state === 'connecting') reject(new Error(`a viewer could not connect: ${why}`))
      else if (state === 'open') handlers.onLost(why)
    })
    socket.write(handshakeOf(address))
  })

import type { Duplex } from 'node:stream'

/** Answers an upgrade to MQTT over WebSocket: there is no broker here, but there is one that may serve it. */
export const refuseUpgrade = (socket: Duplex, address: string): void => {
  const text = `MQTT over WebSocket is served by the broker at ${address}: connect to its own WebSocket listener
(Mosquitto: "listener 9001" with "protocol websockets").
`
  socket.once('error', () => socket.destroy())
  socket.end(
    [
      'HTTP/1.1 501 Not Implemented',
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  )
}

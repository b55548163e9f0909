/** A broker of which a test writes every answer itself: for what no real one can be brought to do when it is wanted. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'

export interface ScriptedConnection {
  send(packet: Packet): void
  /** Bytes as they are: a part of a packet. */
  write(bytes: Buffer): void
  close(): void
  /** What came on this connection. */
  readonly packets: readonly Packet[]
}

export interface ScriptedBroker {
  readonly url: string
  readonly connections: readonly ScriptedConnection[]
  close(): void
}

export type Script = (packet: Packet, connection: ScriptedConnection) => void

const serve = (socket: Socket, protocolVersion: 4 | 5, script: Script): ScriptedConnection => {
  const parser = mqttPacket.parser({ protocolVersion })
  const packets: Packet[] = []
  const connection: ScriptedConnection = {
    packets,
    send: (packet) => void mqttPacket.writeToStream(packet, socket, { protocolVersion }),
    write: (bytes) => void socket.write(bytes),
    close: () => socket.destroy(),
  }
  parser.on('packet', (packet) => {
    packets.push(packet)
    script(packet, connection)
  })
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => void parser.parse(chunk))
  return connection
}

/** A broker on a free port that does what the script does. */
export const startScriptedBroker = async (protocol: 4 | 5, script: Script): Promise<ScriptedBroker> => {
  const sockets = new Set<Socket>()
  const connections: ScriptedConnection[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    connections.push(serve(socket, protocol, script))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Grants everything that a SUBSCRIBE asks for. */
export const subackFor = (packet: Packet): Packet => ({
  cmd: 'suback',
  messageId: packet.messageId ?? 0,
  granted: packet.cmd === 'subscribe' ? packet.subscriptions.map(() => 1) : [],
})

export const CONNACK = { cmd: 'connack', sessionPresent: true, reasonCode: 0, returnCode: 0 } as const

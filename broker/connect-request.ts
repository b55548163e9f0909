/** What a client says of itself, as the policy is asked. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import { certificateNameOf } from './certificate-name.ts'
import type { ConnectRequest } from './policy.ts'

interface Credentials {
  readonly username: string | undefined
  readonly password: Buffer | undefined
}

/**
 * The IP address a connection comes from, `unknown` when it is gone. Asked for once while it is there, a socket
 * remembers it.
 */
export const addressOfStream = (stream: Duplex, request?: IncomingMessage): string => {
  const remote: unknown = request?.socket.remoteAddress ?? Reflect.get(stream, 'remoteAddress')
  return typeof remote === 'string' ? remote : 'unknown'
}

/** Where a client comes from. */
export const addressOf = ({ conn, req }: Client): string => addressOfStream(conn, req)

/** The request of a client whose CONNECT was read. */
export const connectRequestOf = (client: Client, { username, password }: Credentials): ConnectRequest => ({
  clientId: client.id,
  username,
  password: password?.toString('utf8'),
  address: addressOf(client),
  certificateName: certificateNameOf(client.conn),
  ...(client.req && { headers: client.req.headers }),
})

/** A CONNECT that is answered with a return code other than 0; its message is the reason, never a secret. */
export class ConnectRefusal extends Error {
  readonly returnCode: 2 | 3 | 4 | 5

  constructor(returnCode: 2 | 3 | 4 | 5, reason: string) {
    super(reason)
    this.name = 'ConnectRefusal'
    this.returnCode = returnCode
  }
}

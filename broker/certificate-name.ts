/** Who a client is by its certificate, kept beside its connection from the moment that there is one. */
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

const NAME = Symbol('name in the certificate of the client')

interface Named {
  [NAME]?: string | undefined
}

/** Undefined also for several names: nobody could say which of them was meant. */
const nameIn = (socket: unknown): string | undefined => {
  // With a resumed session `authorized` may be set although no certificate was ever shown.
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate()?.subject?.CN
  return typeof name === 'string' ? name : undefined
}

/** Keeps on `stream`, as the broker reads it, who is at the other end of `socket`. */
export const keepCertificateName = (stream: Duplex, socket: unknown): void => {
  const name = nameIn(socket)
  if (name !== undefined) Object.assign(stream, { [NAME]: name })
}

/** The CN of the certificate, signed by our CA, that the client of this connection showed; undefined without one. */
export const certificateNameOf = (stream: object): string | undefined => (stream as Named)[NAME]

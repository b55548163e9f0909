/** Who may connect and do what: decided outside, asked by the broker at each point. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Identity } from '../bridge/index.ts'

/** What a client says of itself in its CONNECT, and what its connection tells. */
export interface ConnectRequest {
  /** Never empty: the broker has given one to a client that came without [MQTT-3.1.3-6]. */
  readonly clientId: string
  readonly username: string | undefined
  /** Secret. */
  readonly password: string | undefined
  readonly address: string
  /** The CN of a client certificate that our CA signed. */
  readonly certificateName: string | undefined
  /** Of the request that became its WebSocket. */
  readonly headers?: IncomingHttpHeaders
  /** Aborted when its connection ends: nobody waits for the answer any more. */
  readonly signal?: AbortSignal
}

export type Admission =
  | { readonly ok: true; readonly identity: Identity }
  /** `code`: the return code of the CONNACK [MQTT-3.2.2.3]: 2 client id, 3 not now, 4 bad credentials, 5 not allowed. */
  | { readonly ok: false; readonly code: 2 | 3 | 4 | 5; readonly reason: string }

export interface BrokerPolicy {
  /** Never rejects. */
  admit(request: ConnectRequest): Promise<Admission>
  mayPublish(identity: Identity, topic: string): boolean
  /** Where not, the message goes on without its retain flag. */
  mayRetain(identity: Identity, topic: string): boolean
  /** Of each filter of a SUBSCRIBE, and of each message that a restored session would be sent. */
  maySubscribe(identity: Identity, filter: string): boolean
}

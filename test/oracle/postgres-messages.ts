/**
 * Cuts one direction of a Postgres connection into its messages: a byte of type, then an int32 length that counts
 * itself. The first message of a client has no type; encryption is not asked for on loopback.
 */

export interface PostgresMessage {
  /** One letter; empty for the startup message. */
  readonly type: string
  /** Type, length and body, as they were sent. */
  readonly bytes: Buffer
  /** What follows the length. */
  readonly body: Buffer
}

export interface PostgresMessages {
  /** The messages that are whole now. */
  push(chunk: Buffer): readonly PostgresMessage[]
}

const LENGTH_BYTES = 4

/** `from`: who sends what is read. */
export const createPostgresMessages = (from: 'client' | 'server'): PostgresMessages => {
  let typed = from === 'server'
  let rest: Buffer = Buffer.alloc(0)

  const next = (): PostgresMessage | undefined => {
    const head = typed ? 1 : 0
    if (rest.length < head + LENGTH_BYTES) return undefined
    const end = head + rest.readInt32BE(head)
    if (rest.length < end) return undefined
    const bytes = rest.subarray(0, end)
    const type = typed ? String.fromCharCode(bytes[0] ?? 0) : ''
    rest = rest.subarray(end)
    typed = true
    return { type, bytes, body: bytes.subarray(head + LENGTH_BYTES) }
  }

  return {
    push: (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const whole: PostgresMessage[] = []
      for (let found = next(); found !== undefined; found = next()) whole.push(found)
      return whole
    },
  }
}

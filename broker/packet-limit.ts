/**
 * Bounds what packets may take while they are being received. MQTT allows 256 MiB for one, and the parser gathers
 * it whole before anybody is asked whether it is wanted: a few dozen connections could take all memory there is.
 *
 * A packet over its bound, or what arrives of a large one while too much is on its way, ends its connection, which is
 * the only answer MQTT 3.1.1 has. Its sender comes back and sends again what it keeps. What was announced and did not
 * arrive counts for nothing, and the packet a connection begins with may not be large: nobody shuts out the others for
 * the price of a few bytes. What comes behind a CONNECT is read no further until that is answered.
 */
import type { Client } from 'aedes'
import type { BrokerOptions, LimitName } from './options.ts'

/** Packets up to this size are not counted: a thousand boards that send one each are no danger. */
const LARGE_BYTES = 65_536

/** Pieces put together at a time: each costs about 200 bytes beside its own, and a sender may make them of one. */
const PIECES = 1_000

/** What of mqtt-packet's parser is used here; Aedes has no door to it. */
interface Parser {
  /** What was read of it; the first pieces are large when they were put together. */
  readonly _list: { readonly _bufs: Buffer[]; readonly length: number }
  /** The one that is being received; its length is -1 until that was read. */
  readonly packet: { readonly length: number }
  parse(chunk: Buffer): number
}

/** A limit that all clients it is given share. It looks once for each chunk that is read, not for each packet. */
export const createPacketLimit = (
  { maxPacketBytes, maxLargeBytes }: Pick<BrokerOptions, 'maxPacketBytes' | 'maxLargeBytes'>,
  onLimit: (limit: LimitName, client: Client) => void,
): ((client: Client) => void) => {
  let receiving = 0

  return (client) => {
    const parser = Reflect.get(client, '_parser') as Parser
    const parse = parser.parse.bind(parser)
    let large: Parser['packet'] | undefined
    /** Bytes of the large one that are here. */
    let own = 0
    /** The packet it begins with, while that is not whole. */
    let first: Parser['packet'] | undefined = parser.packet
    /** Pieces in front that are put together already. */
    let gathered = 0

    const count = (held: number): void => {
      receiving += held - own
      own = held
    }

    const release = (): void => {
      count(0)
      large = undefined
    }

    const end = (limit: LimitName, reason: string): void => {
      release()
      onLimit(limit, client)
      client.emit('error', new Error(reason))
    }

    const check = (packet: Parser['packet'], held: number): void => {
      const most = packet === first ? Math.min(maxPacketBytes, LARGE_BYTES) : maxPacketBytes
      if (packet.length > most) return end('maxPacketBytes', `a packet over the limit of ${most} bytes`)
      large = packet
      count(held)
      if (receiving > maxLargeBytes) end('maxLargeBytes', 'too many large packets at once')
    }

    /** Keeps what arrives byte by byte at little more than its size; no piece is copied twice. */
    const gather = (pieces: Buffer[]): void => {
      if (pieces.length < gathered) gathered = 0
      if (pieces.length - gathered < PIECES) return
      pieces.push(Buffer.concat(pieces.splice(gathered)))
      gathered = pieces.length
    }

    client.conn.once('close', release)
    parser.parse = (chunk) => {
      const left = parse(chunk)
      gather(parser._list._bufs)
      const { packet } = parser
      if (packet !== first) first = undefined
      if (large !== undefined && packet !== large) release()
      if (packet.length > LARGE_BYTES && !client.closed) check(packet, parser._list.length)
      return left
    }
  }
}

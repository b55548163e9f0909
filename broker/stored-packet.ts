/** An MQTT message as one value in Redis: its fields as a line of JSON, then the payload as it is. */
import type { PublishPacket } from 'aedes'

const NEWLINE = 0x0a

type Fields = Pick<PublishPacket, 'topic' | 'qos' | 'retain'> & { readonly [field: string]: unknown }

/** `fields` beside topic, QoS and the retain flag are kept as well. */
export const encodePacket = ({
  payload,
  ...fields
}: Fields & { readonly payload: Buffer | string }): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(fields)}\n`), Buffer.from(payload)])

/** Undefined for a value that was not written by `encodePacket`. */
export const decodePacket = (value: Buffer): PublishPacket | undefined => {
  const end = value.indexOf(NEWLINE)
  if (end === -1) return undefined
  try {
    const fields = JSON.parse(value.toString('utf8', 0, end)) as Fields
    return { ...fields, cmd: 'publish', payload: value.subarray(end + 1) } as unknown as PublishPacket
  } catch {
    return undefined
  }
}

/**
 * Just enough MQTT 3.1.1 to load a broker: packets encoded once and patched in place, answers parsed
 * without an object per packet. Not a client: it trusts the broker to send what the protocol allows here.
 */

/** `seq` always has this many digits, so that a packet keeps its length while its number counts up. */
const SEQ_DIGITS = 7
export const FIRST_SEQ = 10 ** (SEQ_DIGITS - 1)
export const MAX_MESSAGES_PER_BOARD = 10 ** SEQ_DIGITS - FIRST_SEQ

const DIGIT_ZERO = 0x30
const PUBACK = 0x40

export const PINGREQ = Buffer.from([0xc0, 0])
export const DISCONNECT = Buffer.from([0xe0, 0])

export interface PublishTemplate {
  readonly bytes: Buffer
  /** Where the message id is; -1 in a QoS 0 packet, which has none. */
  readonly messageIdAt: number
  /** Where the digits of `seq` are. */
  readonly seqAt: number
}

const encodeLength = (length: number): Buffer => {
  const bytes: number[] = []
  let rest = length
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 0x80 : low)
  } while (rest > 0)
  return Buffer.from(bytes)
}

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint16(bytes.length), bytes])
}

const packet = (header: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([header]), encodeLength(body.length), body])
}

/** A CONNECT without credentials, with a clean session unless it is to be kept. */
export const encodeConnect = (clientId: string, keepAliveSeconds: number, keep = false): Buffer =>
  packet(0x10, text('MQTT'), Buffer.from([4, keep ? 0 : 2]), uint16(keepAliveSeconds), text(clientId))

/** A SUBSCRIBE to one filter. */
export const encodeSubscribe = (messageId: number, filter: string, qos: 0 | 1 = 0): Buffer =>
  packet(0x82, uint16(messageId), text(filter), Buffer.from([qos]))

/** A reading as a small board would send it: 84 bytes. */
const readingPayload = (boot: string): string =>
  `{"temperature":21.53,"humidity":40.2,"pressure":1013.25,"boot":"${boot}","seq":${FIRST_SEQ}}`

/** A PUBLISH of a reading, ready to be patched with a message id and a `seq`. */
export const encodeReading = (deviceId: string, boot: string, qos: 0 | 1): PublishTemplate => {
  const topic = text(`sensors/${deviceId}/data`)
  const payload = Buffer.from(readingPayload(boot))
  const messageId = qos === 0 ? [] : [uint16(0)]
  const bytes = packet(0x30 | (qos << 1), topic, ...messageId, payload)
  return {
    bytes,
    messageIdAt: qos === 0 ? -1 : bytes.length - payload.length - 2,
    seqAt: bytes.length - 1 - SEQ_DIGITS,
  }
}

export const patchMessageId = (target: Buffer, at: number, messageId: number): void => {
  target[at] = messageId >> 8
  target[at + 1] = messageId & 0xff
}

export const patchSeq = (target: Buffer, at: number, seq: number): void => {
  let rest = seq
  for (let i = at + SEQ_DIGITS - 1; i >= at; i--) {
    const tens = (rest / 10) | 0
    target[i] = DIGIT_ZERO + rest - tens * 10
    rest = tens
  }
}

export interface AnswerHandlers {
  onPuback(messageId: number): void
  /** CONNACK, SUBACK, PINGRESP …: the packet's type (1–15) and the last byte of its body (0 if empty). */
  onOther(type: number, lastByte: number): void
}

/**
 * Parses what a broker sends, whatever way the stream is cut. All answers to a publishing client are
 * shorter than 128 bytes; anything longer throws.
 */
export const createAnswerReader = (
  handlers: AnswerHandlers,
): ((chunk: Uint8Array, length: number) => void) => {
  const held = new Uint8Array(130)
  let heldLength = 0

  const takeHeldByte = (byte: number): void => {
    held[heldLength++] = byte
    if (heldLength < 2) return
    const bodyLength = held[1] ?? 0
    if (bodyLength > 127) throw new Error('the broker sent a packet that a publisher does not expect')
    if (heldLength < 2 + bodyLength) return
    const type = (held[0] ?? 0) >> 4
    if (type === PUBACK >> 4) handlers.onPuback(((held[2] ?? 0) << 8) | (held[3] ?? 0))
    else handlers.onOther(type, bodyLength > 0 ? (held[1 + bodyLength] ?? 0) : 0)
    heldLength = 0
  }

  return (chunk, length) => {
    let at = 0
    while (at < length) {
      if (heldLength === 0 && chunk[at] === PUBACK && at + 4 <= length) {
        handlers.onPuback(((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0))
        at += 4
      } else takeHeldByte(chunk[at++] ?? 0)
    }
  }
}

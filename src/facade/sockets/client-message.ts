import type { RawData } from 'ws'

/** Longer messages are told by their beginning: parsing megabytes would hold up everything else. */
const MAX_PARSED_BYTES = 65_536
const HEAD_BYTES = 256
const PING_HEAD = /^\s*\{\s*"type"\s*:\s*"ping"\s*[,}]/

/** True for `{"type":"ping"}`, whatever other fields it has, as a text or a binary message. */
export const isPing = (data: RawData): boolean => {
  if (!Buffer.isBuffer(data)) return false
  if (data.length > MAX_PARSED_BYTES) return PING_HEAD.test(data.toString('latin1', 0, HEAD_BYTES))
  try {
    const message: unknown = JSON.parse(data.toString())
    return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ping'
  } catch {
    return false
  }
}

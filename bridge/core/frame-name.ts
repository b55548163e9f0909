/**
 * The file name of a picture: `<encoded id>_<ms>.jpg`, ASCII of at most 222 characters, never beginning with a
 * dot. An id of plain characters stands as it is (the older backend's names), everything else is
 * percent-encoded; an id that would be too long ends in `~` and a hash of the whole id. Different ids never
 * share an encoding: `%` and `~` are no plain characters.
 */
import { parseDeviceId } from './device-id.ts'
import type { DeviceId } from './reading.ts'

/** File names end at 255 bytes everywhere; the time, the ending and a temporary name's marks need room too. */
const MAX_ENCODED = 200
const HASH_DIGITS = 22
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/
/** What `encodeURIComponent` leaves as it is besides the plain characters. */
const LEFT_OVER = /[!'()*~]/g
const FILENAME = /^([A-Za-z0-9_%-][A-Za-z0-9._%~-]*)_(\d{1,15})\.jpg$/

const percent = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`

/** 53 bits of a seeded mix of all units (cyrb53): no secret, only spread. */
const mix = (text: string, seed: number): string => {
  let high = 0xdeadbeef ^ seed
  let low = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36).padStart(HASH_DIGITS / 2, '0')
}

/** Cut where no percent code is torn apart. */
const shorten = (encoded: string, id: string): string =>
  `${encoded.slice(0, MAX_ENCODED - HASH_DIGITS - 1).replace(/%.?$/, '')}~${mix(id, 0)}${mix(id, 1)}`

/** A device id as it stands in file names. */
export const encodeFrameId = (id: DeviceId): string => {
  if (PLAIN.test(id)) return id
  const encoded = encodeURIComponent(id).replace(LEFT_OVER, percent).replace(/^\./, '%2E')
  return encoded.length > MAX_ENCODED ? shorten(encoded, id) : encoded
}

/** The file name of a picture taken at `at` (epoch ms). */
export const frameFilename = (id: DeviceId, at: number): string => `${encodeFrameId(id)}_${at}.jpg`

/** The path clients load a picture from. */
export const frameUrl = (filename: string): string => `/data/${encodeURIComponent(filename)}`

const decode = (encoded: string): string => {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

export interface FrameName {
  /** The id; of a shortened name its encoded form, from which the id cannot be had. */
  readonly deviceId: DeviceId
  readonly at: number
}

/** Reads a file name; undefined when it is not one of a picture. */
export const parseFrameFilename = (filename: string): FrameName | undefined => {
  const [, encoded, ms] = FILENAME.exec(filename) ?? []
  if (encoded === undefined || ms === undefined) return undefined
  const deviceId = parseDeviceId(encoded.includes('~') ? encoded.slice(-100) : decode(encoded))
  return deviceId && { deviceId, at: Number(ms) }
}

/**
 * The kinds of values a setting can have, as zod schemas over the text of an environment variable.
 * The message of an issue says what is allowed; `loadConfig` puts the variable's name and what was given
 * in front of it, so a schema never repeats a value (it may be a secret).
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import { parseRedisUrl, REDIS_URL_FORMS } from '../bridge/index.ts'

const value = <T>(allowed: string, parse: (text: string) => T | undefined) =>
  z.string().transform((text, context): T => {
    const parsed = parse(text)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: allowed })
    return z.NEVER
  })

/** A whole number from `min` to `max`, decimal digits only. */
export const whole = (min: number, max: number, unit = '') =>
  value(`a whole number from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`, (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
    return number >= min && number <= max ? number : undefined
  })

export const flag = () =>
  value('true or false', (text) => (text === 'true' ? true : text === 'false' ? false : undefined))

export const oneOf = <const T extends readonly [string, ...string[]]>(choices: T) =>
  z.enum(choices, { error: `one of ${choices.join(', ')}` })

const UNIT_BYTES: { readonly [unit: string]: number } = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

const SIZE = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]*)$/

const parseSize = (text: string): number | undefined => {
  const match = SIZE.exec(text.toLowerCase())
  const unitBytes = match === null ? undefined : UNIT_BYTES[match[2] ?? '']
  if (match === null || unitBytes === undefined) return undefined
  return Math.round(Number(match[1]) * unitBytes)
}

const least = (min: number, max: number): string =>
  max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`

/** Bytes: `10737418240`, `500MB` (powers of 1000), `10GiB` (powers of 1024), `1.5 GiB`. */
export const size = (minBytes: number, maxBytes: number = Number.MAX_SAFE_INTEGER) =>
  value(
    `a size of ${least(minBytes, maxBytes)} bytes: bytes, or a number with kB, MB, GB, TB, KiB, MiB, GiB or TiB`,
    (text) => {
      const bytes = parseSize(text)
      return bytes !== undefined && bytes >= minBytes && bytes <= maxBytes ? bytes : undefined
    },
  )

const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i
// All digits and dots but no address: `300.1.1.1` would go to the resolver as a name.
const LIKE_AN_ADDRESS = /^[\d.]+$/

export const host = () =>
  value('an IP address (no brackets, no port) or a host name', (text) =>
    isIP(text) !== 0 || (HOST_NAME.test(text) && !LIKE_AN_ADDRESS.test(text)) ? text : undefined,
  )

/** True for an address that only this machine can reach. A spelling it does not know is not one. */
export const isLoopback = (text: string): boolean =>
  text === 'localhost' || text === '::1' || (isIP(text) === 4 && text.startsWith('127.'))

const ORIGIN = /^https?:\/\/[^*]+$/i

/** `https://host` or `https://host:8443`, as a browser sends it: nothing behind the port, no default port. */
const originOf = (text: string): string | undefined => {
  if (text === '*') return text
  const origin = ORIGIN.test(text) && URL.canParse(text) ? new URL(text).origin : undefined
  return origin === text.toLowerCase() ? origin : undefined
}

/** Origins of web pages, with commas in between, in lower case. */
export const origins = () =>
  value('origins such as https://board.example:8443 with commas in between, or *', (text) => {
    const read = text.split(',').map((one) => originOf(one.trim()))
    return read.every((origin) => origin !== undefined) ? read : undefined
  })

// A blank or a double quote in a URL would end what `redactUrl` masks too early.
const UNMASKABLE = /[\s"]/

/**
 * A connection URL. An `@` behind the host is refused: it comes from a password that was not
 * percent-encoded, and such a URL reads as another host with half of the password in its path.
 */
export const url = (...protocols: readonly string[]) =>
  value(
    `a URL such as ${protocols[0]}//user:password@host/… (characters such as @ / ? # in a password percent-encoded)`,
    (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined
      if (parsed === undefined || UNMASKABLE.test(text) || !protocols.includes(parsed.protocol))
        return undefined
      return `${parsed.pathname}${parsed.search}${parsed.hash}`.includes('@') ? undefined : text
    },
  )

// MQTT allows more; control characters and wildcards would only make trouble in topics and logs.
const CLIENT_ID = /^[^\p{Cc}+#/]{1,100}$/u

export const clientId = () =>
  value('1 to 100 characters, none of them + # or /', (text) => (CLIENT_ID.test(text) ? text : undefined))
const PREFIX = /^[a-zA-Z0-9_-]{1,60}(\/[a-zA-Z0-9_-]{1,60}){0,3}$/
/** First levels that mean something to Sluice. */
const OWN_ROOT = /^(sensors|devices|buzzer|cameras|errors|acks|time|sluice)(\/|$)/

/** Under which Home Assistant looks for devices. */
export const discoveryPrefix = () =>
  value(
    'letters, digits, _ and - (several levels with / between), and no topic of Sluice such as sensors',
    (text) => (PREFIX.test(text) && !OWN_ROOT.test(text) ? text : undefined),
  )

/** Where Redis is: one server, the nodes of a Redis Cluster, or Sentinels. */
export const redisUrl = () =>
  value(
    `a URL such as ${REDIS_URL_FORMS}; characters such as @ / ? # in a password percent-encoded`,
    (text) => (UNMASKABLE.test(text) || parseRedisUrl(text) === undefined ? undefined : text),
  )

export const text = () => z.string()

/** What the broker's codes mean to an operator, and what to do. Nothing here holds what a client was configured with. */

const CREDENTIALS = 'check the user and the password in BROKER_URL'
const RIGHTS =
  'the broker does not let this user do that: give it the rights in the access list of the broker'
const VERSION = 'the broker does not speak this version of MQTT: set BROKER_PROTOCOL to 3.1.1 (or to 5)'
const BUSY = 'the broker takes no connections now: it is tried again'

const NOT_LET_IN = `the broker refuses this user: ${CREDENTIALS}, and that the access list of the broker lets it write time/now, the topic of its will`

/** CONNACK of MQTT 3.1.1 [MQTT-3.2.2.3]. */
const RETURN_CODES: { readonly [code: number]: string } = {
  1: VERSION,
  2: 'the broker does not take this client id: set BROKER_CLIENT_ID to one it allows',
  3: BUSY,
  4: `the broker knows no such user and password: ${CREDENTIALS}`,
  5: NOT_LET_IN,
}

const NOT_AUTHORIZED = 0x87
const TAKEN_OVER = 0x8e

/** Reason codes of MQTT 5, chapter 2.4. */
const REASON_CODES: { readonly [code: number]: string } = {
  132: VERSION,
  133: RETURN_CODES[2] ?? '',
  134: RETURN_CODES[4] ?? '',
  135: RIGHTS,
  136: BUSY,
  137: BUSY,
  138: 'the broker has banned this client',
  139: 'the broker is shutting down',
  141: 'the broker heard nothing in time',
  [TAKEN_OVER]:
    'another client came with the client id of this one: two programs on copies of one DATA_DIR? Give one of them another BROKER_CLIENT_ID',
  143: 'the broker takes no such topic filter',
  144: 'the broker takes no such topic name',
  147: 'the broker was sent more than it takes at a time',
  149: 'the broker was sent a larger packet than it takes',
  151: 'a quota of the broker is used up',
  152: 'an administrator of the broker ended the connection',
  159: BUSY,
  161: 'the broker knows no subscription identifiers',
  162: 'the broker takes no subscriptions with wildcards',
}

/** [MQTT-3.9.3-2]: a subscription of MQTT 3.1.1 that was not granted. */
const NOT_GRANTED = 0x80

const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`

/** True for every code that is no success, of either version. */
export const isRefusal = (code: number): boolean => code >= NOT_GRANTED

/** Why a CONNECT was refused. */
export const connackReason = (code: number): string => {
  if (code === NOT_AUTHORIZED) return NOT_LET_IN
  const known = code < NOT_GRANTED ? RETURN_CODES[code] : REASON_CODES[code]
  return known ?? `the broker refused the connection with code ${hex(code)}`
}

/** Why a SUBSCRIBE or a PUBLISH was refused, or why the broker ended the connection. */
export const reasonOf = (code: number): string =>
  code === NOT_GRANTED ? RIGHTS : (REASON_CODES[code] ?? `the broker gave the code ${hex(code)}`)

/** The session goes to somebody else: to take it back at once would only go on for ever. */
export const isTakeOver = (code: number): boolean => code === TAKEN_OVER

const HINTS: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there: is the broker running, and is the port in BROKER_URL right?',
  ENOTFOUND: 'there is no such host: check BROKER_URL',
  EAI_AGAIN: 'the name cannot be looked up now',
  ETIMEDOUT: 'no answer: check the address in BROKER_URL and the firewall',
  ECONNRESET: 'the broker ended the connection: a TLS port needs mqtts:// in BROKER_URL, a plain one mqtt://',
  EPROTO: 'this is no TLS port: mqtt:// in BROKER_URL is for plain ones',
  ERR_SSL_WRONG_VERSION_NUMBER: 'this is no TLS port: mqtt:// in BROKER_URL is for plain ones',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the broker shows a certificate of an unknown CA: set BROKER_CA to the CA that signed it',
  SELF_SIGNED_CERT_IN_CHAIN:
    'the broker shows a certificate of an unknown CA: set BROKER_CA to the CA that signed it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the broker shows a certificate of an unknown CA: set BROKER_CA to the CA that signed it',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the broker shows a certificate of an unknown CA: set BROKER_CA to the CA that signed it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the broker is for another name than that in BROKER_URL',
  CERT_HAS_EXPIRED: 'the certificate of the broker has expired',
  ENOENT: 'the file in BROKER_CA is not there',
  EACCES: 'the file in BROKER_CA may not be read',
}

const codeOf = (error: object): string | undefined => ('code' in error ? String(error.code) : undefined)

/** A failed connection as one sentence: what happened, and what to do where that is known. */
export const networkReason = (error: Error): string => {
  const code = codeOf(error)
  const hint = code === undefined ? undefined : HINTS[code]
  const said = error.message === '' ? (code ?? 'no connection') : error.message
  return hint === undefined ? said : `${said}: ${hint}`
}

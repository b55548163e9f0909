/**
 * What every TLS door here speaks: TLS 1.2 and 1.3, key exchanges with forward secrecy and authenticated ciphers,
 * and nothing older. All of it is in mbedTLS (ESP32) and BearSSL (ESP8266).
 */
import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import type { PemFiles } from './pem-files.ts'

/** AES-128 first: it is the cheapest for boards, most of which have it in hardware. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':')

/** A board that comes back within this time is spared the signatures of a handshake. */
const SESSION_TIMEOUT_S = 3_600

/** For `tls.createServer`, `server.setSecureContext` and `tls.createSecureContext`. */
export const secureOptions = ({ cert, key, ca }: PemFiles): SecureContextOptions => ({
  cert,
  key,
  ...(ca === undefined ? {} : { ca }),
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: CIPHERS,
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  sessionTimeout: SESSION_TIMEOUT_S,
})

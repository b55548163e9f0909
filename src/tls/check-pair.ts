/** Whether the files can be served with: found out before anybody is, and told with what to do. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { BridgeError } from '../../bridge/index.ts'
import { errorCode } from '../error-code.ts'
import type { PemFiles, TlsPaths } from './pem-files.ts'
import { secureOptions } from './secure-options.ts'

/** What of a certificate is told. Times are epoch milliseconds. */
export interface CertificateFacts {
  /** Such as `CN=localhost`. */
  readonly subject: string
  readonly startsAt: number
  readonly expiresAt: number
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const unusable = (message: string, cause?: unknown): BridgeError =>
  new BridgeError('TLS_FILES', message, { cause })

/** Every certificate in `pem`; throws when there is none, or one that cannot be read. */
const certificatesIn = (pem: string, what: string): readonly X509Certificate[] => {
  const blocks = pem.match(PEM_CERTIFICATE) ?? []
  if (blocks.length === 0)
    throw unusable(`${what} holds no certificate: it must be PEM text with -----BEGIN CERTIFICATE-----`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch (cause) {
    throw unusable(`${what} holds a certificate that cannot be read: make or fetch it again`, cause)
  }
}

const keyIn = (pem: string, what: string): KeyObject => {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw unusable(
      errorCode(cause) === 'ERR_MISSING_PASSPHRASE'
        ? `${what} is locked with a passphrase: unlock it with openssl pkey -in KEY -out NEWKEY`
        : `${what} holds no private key: it must be PEM text with -----BEGIN PRIVATE KEY-----`,
      cause,
    )
  }
}

/** Looks at all of them. Throws TLS_FILES that names the file and says what to do; dates are not judged here. */
export const checkPair = (files: PemFiles, { certPath, keyPath, caPath }: TlsPaths): CertificateFacts => {
  const [certificate] = certificatesIn(files.cert, `TLS_CERT (${certPath})`)
  const key = keyIn(files.key, `TLS_KEY (${keyPath})`)
  if (files.ca !== undefined) certificatesIn(files.ca, `TLS_CA (${caPath})`)
  if (certificate === undefined || !certificate.checkPrivateKey(key))
    throw unusable(
      `TLS_KEY (${keyPath}) does not belong to the first certificate in TLS_CERT (${certPath}): give the two that ` +
        "were made together, the server's own certificate before those of its CA",
    )
  try {
    createSecureContext(secureOptions(files))
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown error'
    throw unusable(
      `TLS_CERT (${certPath}) and its key are refused by OpenSSL (${code}): make new ones, ECDSA P-256 or RSA 2048`,
      cause,
    )
  }
  const { subject, validFrom, validTo } = certificate
  return {
    subject: subject.replaceAll('\n', ', '),
    startsAt: Date.parse(validFrom),
    expiresAt: Date.parse(validTo),
  }
}

const DAY_MS = 86_400_000
/** Certificates of Let's Encrypt are renewed a month before their end: by then something is broken. */
const SOON_DAYS = 14

/** What is wrong with the dates of a certificate that is used all the same; undefined when nothing is. */
export const dateProblem = ({ startsAt, expiresAt }: CertificateFacts, now: number): string | undefined => {
  const until = new Date(expiresAt).toISOString()
  if (now >= expiresAt) return `the TLS certificate has expired (${until}): clients refuse it; renew it`
  if (now < startsAt)
    return `the TLS certificate begins at ${new Date(startsAt).toISOString()}: is the clock of this machine right?`
  return expiresAt - now < SOON_DAYS * DAY_MS
    ? `the TLS certificate expires soon (${until}): renew it; it is taken up without a restart`
    : undefined
}

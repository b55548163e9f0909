/** The PEM files of TLS, read as they are now. */
import { readFile } from 'node:fs/promises'
import { BridgeError } from '../../bridge/index.ts'
import { errorCode } from '../error-code.ts'

export interface TlsPaths {
  /** The server's certificate, and behind it those that lead to the CA. */
  readonly certPath: string
  readonly keyPath: string
  /** The CAs whose client certificates are accepted. Undefined: none is asked for. */
  readonly caPath?: string | undefined
}

/** What the files hold. `key` is secret. */
export interface PemFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string | undefined
}

const REMEDIES: { readonly [errno: string]: string } = {
  ENOENT: 'is not there: set it to the path of a PEM file',
  ENOTDIR: 'is not there: set it to the path of a PEM file',
  EACCES: 'may not be read by this user: let it, or give it a copy that it may read (certbot: a deploy hook)',
  EPERM: 'may not be read by this user: let it, or give it a copy that it may read (certbot: a deploy hook)',
  EISDIR: 'is a folder: set it to the path of a PEM file',
}

const readPem = async (setting: string, path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown error'
    const remedy = REMEDIES[code] ?? `cannot be read (${code})`
    throw new BridgeError('TLS_FILES', `${setting} (${path}) ${remedy}`, { cause })
  }
}

/** Reads them all. Throws TLS_FILES that says what to do. */
export const readPemFiles = async ({ certPath, keyPath, caPath }: TlsPaths): Promise<PemFiles> => {
  const cert = await readPem('TLS_CERT', certPath)
  const key = await readPem('TLS_KEY', keyPath)
  return { cert, key, ca: caPath === undefined ? undefined : await readPem('TLS_CA', caPath) }
}

/** Whether two reads found the same. */
export const samePemFiles = (one: PemFiles, other: PemFiles): boolean =>
  one.cert === other.cert && one.key === other.key && one.ca === other.ca

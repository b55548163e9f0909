/**
 * The certificate that TLS doors show, kept up with its files. A renewed one is taken up for new connections, those
 * there are go on; one that cannot be used is told and not taken: the one in use stays.
 */
import type { SecureContextOptions } from 'node:tls'
import { asError } from '../../bridge/index.ts'
import { type CertificateFacts, checkPair, dateProblem } from './check-pair.ts'
import { type PemFiles, readPemFiles, samePemFiles, type TlsPaths } from './pem-files.ts'
import { secureOptions } from './secure-options.ts'
import { type WatchTimes, watchFiles } from './watch-files.ts'

export interface TlsHandlers {
  /** A renewed certificate is in use from now on. */
  readonly onReload: (certificate: CertificateFacts) => void
  /** Changed files cannot be used; the message says what to do. Told once, until it is another. */
  readonly onError: (error: Error) => void
  /** The certificate has expired or soon will. Told when it is taken up, and once a day. */
  readonly onWarning: (message: string) => void
}

export interface TlsContextOptions extends WatchTimes {
  readonly clock: () => number
}

export interface TlsContext {
  /** Reads the files. Rejects with TLS_FILES that says what to do. */
  start(): Promise<void>
  stop(): Promise<void>
  /** When the certificate in use expires, epoch milliseconds; NaN before the start. */
  readonly expiresAt: number
  /** How often changed files could not be used. */
  readonly reloadFailures: number
  /** Clients may show a certificate of the CA that was given. */
  readonly asksForCertificates: boolean
  /** What servers are made with now. Throws before the start. */
  options(): SecureContextOptions
  /** Calls `listener` with new options whenever there are; returns what ends that. */
  onChange(listener: (options: SecureContextOptions) => void): () => void
}

const DAY_MS = 86_400_000
const DEFAULTS: TlsContextOptions = { settleMs: 500, pollMs: 60_000, clock: () => Date.now() }

interface InUse {
  readonly files: PemFiles
  readonly facts: CertificateFacts
}

/** The certificate in these files. Nothing is read before `start`. */
export const createTlsContext = (
  paths: TlsPaths,
  handlers: TlsHandlers,
  overrides: Partial<TlsContextOptions> = {},
): TlsContext => {
  const { clock, ...times } = { ...DEFAULTS, ...overrides }
  const listeners = new Set<(options: SecureContextOptions) => void>()
  let inUse: InUse | undefined
  let told: string | undefined
  let warnedAt = Number.NEGATIVE_INFINITY
  let appliedAt = 0
  let reloadFailures = 0

  const load = async (): Promise<InUse> => {
    const files = await readPemFiles(paths)
    return { files, facts: checkPair(files, paths) }
  }

  const warn = ({ facts }: InUse): void => {
    const problem = dateProblem(facts, clock())
    if (problem === undefined || clock() - warnedAt < DAY_MS) return
    warnedAt = clock()
    handlers.onWarning(problem)
  }

  const apply = ({ files }: InUse): void => {
    appliedAt = clock()
    for (const listener of listeners) listener(secureOptions(files))
  }

  const take = (loaded: InUse): void => {
    inUse = loaded
    warnedAt = Number.NEGATIVE_INFINITY
    apply(loaded)
  }

  const reload = async (current: InUse): Promise<void> => {
    const files = await readPemFiles(paths)
    if (!samePemFiles(files, current.files)) {
      const loaded = { files, facts: checkPair(files, paths) }
      take(loaded)
      handlers.onReload(loaded.facts)
    }
    told = undefined
  }

  const look = async (): Promise<void> => {
    if (inUse === undefined) return
    try {
      await reload(inUse)
    } catch (error) {
      const failure = asError(error)
      if (failure.message !== told) {
        told = failure.message
        reloadFailures += 1
        handlers.onError(failure)
      }
    }
    // A new context has new keys for session tickets: nobody who finds them later reads more than a day.
    if (clock() - appliedAt >= DAY_MS) apply(inUse)
    warn(inUse)
  }

  const watched = [paths.certPath, paths.keyPath, ...(paths.caPath === undefined ? [] : [paths.caPath])]
  const files = watchFiles(watched, look, times)

  return {
    start: async () => {
      const loaded = await load()
      take(loaded)
      warn(loaded)
      await files.start()
    },
    stop: async () => files.stop(),
    get expiresAt() {
      return inUse?.facts.expiresAt ?? Number.NaN
    },
    get reloadFailures() {
      return reloadFailures
    },
    asksForCertificates: paths.caPath !== undefined,
    options: () => {
      if (inUse === undefined) throw new Error('The TLS files have not been read yet')
      return secureOptions(inUse.files)
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** TLS as the settings ask for it: the certificate, and the two ports that show it. */
import type { Config } from './config.ts'
import { errorText } from './error-text.ts'
import type { LimitedLog, Log } from './logging.ts'
import { reportTlsFailure } from './report.ts'
import { createSecureListener, createTlsContext, type SecureListener, type TlsContext } from './tls/index.ts'

export interface TlsParts {
  /** To be started before the ports, and stopped after them. */
  readonly context: TlsContext
  readonly mqtts: SecureListener
  readonly https: SecureListener
}

/** Undefined without a certificate. No file is read before the context is started. */
export const buildTls = ({ tls, http, mqtt }: Config, log: Log): TlsParts | undefined => {
  if (tls === undefined) return undefined
  const { mqttPort, httpsPort, ...paths } = tls
  const context = createTlsContext(paths, {
    onReload: ({ subject, expiresAt }) =>
      log.info({ subject, expiresAt: new Date(expiresAt).toISOString() }, 'the TLS certificate was renewed'),
    onError: (error) =>
      log.error(
        { error: errorText(error) },
        'the changed TLS files cannot be used: the certificate that was read before stays',
      ),
    onWarning: (warning) => log.warn({ warning }, 'the TLS certificate must be renewed'),
  })
  return {
    context,
    mqtts: createSecureListener(context, { host: mqtt.host, port: mqttPort }),
    https: createSecureListener(context, { host: http.host, port: httpsPort, protocols: ['http/1.1'] }),
  }
}

export interface TlsNumbers {
  /** Until the certificate in use expires; Infinity without TLS. */
  readonly daysLeft: number
  /** How often changed files could not be used. */
  readonly reloadFailures: number
  /** Connections to the HTTPS port that ended before they were one. */
  readonly httpFailures: number
}

const DAY_MS = 86_400_000

/** What `/metrics` tells of TLS, and the handlers of the HTTPS port that count and log. */
export const watchTls = (tls: TlsParts | undefined, limited: LimitedLog, clock: () => number) => {
  let httpFailures = 0
  const numbers = (): TlsNumbers => ({
    daysLeft: tls === undefined ? Number.POSITIVE_INFINITY : (tls.context.expiresAt - clock()) / DAY_MS,
    reloadFailures: tls?.context.reloadFailures ?? 0,
    httpFailures,
  })
  const https = tls && {
    listener: tls.https,
    onFailed: ({ address, code }: { readonly address: string; readonly code: string }): void => {
      httpFailures += 1
      reportTlsFailure(limited, { port: 'https', address, code })
    },
    onError: (error: Error): void =>
      limited.write({
        key: 'https:error',
        level: 'error',
        msg: 'the HTTPS port takes no connections',
        fields: { error: errorText(error) },
      }),
  }
  return { numbers, https }
}

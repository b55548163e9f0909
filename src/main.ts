/** The process: environment in, signals, exit codes. Nothing else. */
import { isBridgeError } from '../bridge/index.ts'
import manifest from '../package.json' with { type: 'json' }
import { createApp } from './app.ts'
import { ConfigError, loadConfig } from './load-config.ts'
import { createLog } from './logging.ts'

/** Ctrl-C under npm arrives twice, once by way of npm: what follows so soon is the same signal. */
const SAME_SIGNAL_MS = 500

const configOrExit = () => {
  try {
    return loadConfig(process.env, process.cwd())
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

const config = configOrExit()
const log = createLog({ level: config.logLevel })
const app = createApp(config, log, manifest.version)
let stopRequestedAt: number | undefined

const stop = async (signal: NodeJS.Signals): Promise<void> => {
  if (stopRequestedAt !== undefined) {
    if (Date.now() - stopRequestedAt > SAME_SIGNAL_MS) process.exit(1)
    return
  }
  stopRequestedAt = Date.now()
  log.info({ signal }, 'stopping; a second signal ends at once')
  try {
    await app.stop()
    log.info('stopped')
    process.exit(0)
  } catch (error) {
    const errors = error instanceof AggregateError ? error.errors : [error]
    log.error(
      { error: errors.map(String).join('; ') },
      'not everything stopped in order; what was acked is in the spool',
    )
    process.exit(1)
  }
}

process.on('SIGTERM', stop)
process.on('SIGINT', stop)

try {
  const addresses = await app.start()
  log.info({ ...addresses }, 'listening')
} catch (error) {
  if (stopRequestedAt === undefined) {
    if (isBridgeError(error)) log.fatal({ code: error.code }, error.message)
    else log.fatal(error, 'cannot start')
    process.exit(1)
  }
}

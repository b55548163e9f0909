/**
 * Whether the program may be started as it is: open to other machines it must know whom to let in, or be told that
 * anyone is welcome. Asked once the database is there, since the credentials are in it.
 */
import { BridgeError } from '../bridge/index.ts'
import type { Config } from './config.ts'
import { errorText } from './error-text.ts'
import type { Log } from './logging.ts'
import { isLoopback } from './setting-values.ts'

/** What decides. */
export interface StartFacts {
  readonly hostIsLoopback: boolean
  readonly allowAnonymous: boolean
  readonly hasApiKey: boolean
  /** `unknown`: the database does not answer. Without a database there are none. */
  readonly hasCredentials: boolean | 'unknown'
  readonly useDb: boolean
}

export type StartDecision =
  | { readonly start: true; readonly warning: string | undefined }
  | { readonly start: false; readonly message: string }

const start = (warning?: string): StartDecision => ({ start: true, warning })

const ANYONE =
  'ALLOW_ANONYMOUS=true: whoever reaches a port may publish and read everything, without credentials; unset it ' +
  'once your boards have theirs (npx sluice device add)'
const KEY_ONLY = 'nobody has credentials: HTTP takes the API_KEY, MQTT lets nobody in'
const UNKNOWN =
  'the database does not answer, so nobody knows whether there are any credentials: nobody without comes in'

const MEND = `Let your first board and yourself in; both commands work while Sluice does not run:
  npx sluice device add my-board
  npx sluice user add me --role admin
Or listen on this machine only (unset HOST), or say that anyone is welcome (ALLOW_ANONYMOUS=true).`

const WITHOUT_DATABASE =
  'HOST can be reached by other machines, and USEDB=false leaves no place for credentials: set API_KEY, unset ' +
  'USEDB, listen on this machine only (unset HOST), or say that anyone is welcome (ALLOW_ANONYMOUS=true)'

export const decideStart = (facts: StartFacts): StartDecision => {
  if (facts.allowAnonymous) return start(ANYONE)
  if (facts.hostIsLoopback) return start()
  if (!facts.useDb) return facts.hasApiKey ? start(KEY_ONLY) : { start: false, message: WITHOUT_DATABASE }
  if (facts.hasCredentials === true) return start()
  if (facts.hasCredentials === 'unknown') return start(UNKNOWN)
  if (facts.hasApiKey) return start(KEY_ONLY)
  return {
    start: false,
    message: `HOST can be reached by other machines, and nobody has credentials. ${MEND}`,
  }
}

/** Whether clients that say nothing of themselves may come in, on every listener. */
export const admitsAnonymous = ({ http, mqtt, allowAnonymous }: Config): boolean =>
  allowAnonymous || (isLoopback(http.host) && isLoopback(mqtt.host))

/** Whether they may because they are of this machine, not because anyone is welcome. */
export const admitsThisMachineOnly = (config: Config): boolean =>
  admitsAnonymous(config) && !config.allowAnonymous

export interface StartCheckDeps {
  readonly config: Config
  readonly log: Log
  /** Whether any credential is good. Absent: none are kept. May throw what its store throws. */
  readonly anyCredential: (() => Promise<boolean>) | undefined
}

const ask = async ({ anyCredential, log }: StartCheckDeps): Promise<boolean | 'unknown'> => {
  try {
    return (await anyCredential?.()) ?? false
  } catch (error) {
    log.warn({ error: errorText(error) }, 'the credentials cannot be read')
    return 'unknown'
  }
}

/** Warns of what an operator should know. Throws NO_CREDENTIALS, which says what to do, when it must not start. */
export const checkStart = async (deps: StartCheckDeps): Promise<void> => {
  const { config, log } = deps
  const decision = decideStart({
    hostIsLoopback: isLoopback(config.http.host) && isLoopback(config.mqtt.host),
    allowAnonymous: config.allowAnonymous,
    hasApiKey: config.apiKey !== undefined,
    hasCredentials: await ask(deps),
    useDb: config.useDb,
  })
  if (!decision.start) throw new BridgeError('NO_CREDENTIALS', decision.message)
  if (decision.warning !== undefined) log.warn(decision.warning)
  if (config.legacyOpen && !admitsAnonymous(config))
    log.warn('LEGACY_OPEN=true: whoever reaches the HTTP port may send readings and pictures as any device')
}

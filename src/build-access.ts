/**
 * Access control in the program: one answer to who somebody is, for MQTT and HTTP alike, and the end of every connection
 * whose credentials are good no more.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CredentialChanges,
  type CredentialStore,
  createMemoryCredentials,
  type DeviceService,
  type Identity,
  parseDeviceId,
  ROLES,
} from '../bridge/index.ts'
import { type Access, type AuthenticatorStats, createAccess, type WrongLogins } from './access/index.ts'
import type { Config } from './config.ts'
import { createDoorkeeper } from './doorkeeper.ts'
import { errorText } from './error-text.ts'
import type { Doorkeeper, Facade } from './facade/index.ts'
import type { Log } from './logging.ts'
import type { MessageBroker } from './message-broker.ts'
import { admitsAnonymous, admitsThisMachineOnly } from './start-check.ts'

export interface AccessParts {
  readonly policy: Access['policy']
  readonly doorkeeper: Doorkeeper
  readonly stats: () => AuthenticatorStats & { readonly wrongMqtt: WrongLogins }
  /** Whether any credential is good. Throws STORE_UNAVAILABLE. */
  readonly anyCredential: () => Promise<boolean>
  /** From now on whoever's credentials change is looked at again, at every door. */
  follow(doors: Doors): Promise<void>
  stop(): Promise<void>
}

/** Where somebody may be connected. */
export interface Doors {
  readonly broker: Pick<MessageBroker, 'disconnect' | 'sessionOwners' | 'dropSessions'>
  readonly facade: Pick<Facade, 'disconnect'>
  /** Where a device is forgotten whose credential is gone. */
  readonly devices: Pick<DeviceService, 'remove'>
}

export interface CredentialParts {
  readonly credentials: CredentialStore
  readonly changes: CredentialChanges
}

/** Without a database nobody has credentials. */
const noCredentials = (clock: () => number): CredentialParts => {
  const credentials = createMemoryCredentials({ clock })
  return { credentials, changes: credentials.changes }
}

const ROLES_WITH_NAMES = ROLES.filter((role) => role !== 'anonymous')
const clock = (): number => Date.now()
/** Also where changes are not heard of (a pooler between here and Postgres), nobody stays for longer than this. */
const LOOK_AGAIN_MS = 300_000
/** After this long the wills of connections that were closed are out: they would make the device known anew. */
const WILLS_OUT_MS = 2_000

export const buildAccess = (
  config: Config,
  log: Log,
  { credentials, changes }: CredentialParts = noCredentials(clock),
): AccessParts => {
  const anonymous = admitsAnonymous(config)
  const { authenticator, tokens, policy, wrongLogins } = createAccess(
    {
      credentials,
      clock,
      onKeyError: (error) =>
        log.warn(
          { error: errorText(error) },
          'the key of the tokens cannot be kept: they end with this process',
        ),
    },
    {
      anonymous,
      isLocal: admitsThisMachineOnly(config),
      discoveryPrefix: config.homeAssistant.prefix,
      tokenKeyFile: join(config.dataDir, 'token.key'),
    },
  )
  const doorkeeper = createDoorkeeper({ authenticator, tokens }, { anonymous })

  const stopped = new AbortController()

  /** Clients of the broker are told apart at once; who of them is to go is known only after a look into the store. */
  const endMqtt = async (broker: Doors['broker'], isMeant: (who: Identity) => boolean): Promise<void> => {
    const present = new Set<Identity>()
    let looking = true
    broker.disconnect((identity) => {
      // Whoever is being admitted now is asked for afterwards, and then is admitted anew.
      if (!looking) return isMeant(identity)
      if (isMeant(identity)) present.add(identity)
      return false
    })
    looking = false
    const gone = new Set<Identity>()
    for (const identity of present) if (!(await authenticator.isCurrent(identity))) gone.add(identity)
    if (gone.size > 0) broker.disconnect((identity) => gone.has(identity))
  }

  /**
   * Whose credential is gone keeps no session. Of an empty table nothing is concluded: it is rather another database
   * than one from which everybody was removed.
   */
  const dropSessions = async (broker: Doors['broker'], name: string | undefined): Promise<void> => {
    const owners = (await broker.sessionOwners()).filter((owner) => name === undefined || owner === name)
    if (owners.length === 0) return
    if (name !== undefined) {
      if ((await credentials.get(name)) === undefined) broker.dropSessions(name)
      return
    }
    const names = new Set((await credentials.list(ROLES_WITH_NAMES)).map((each) => each.name))
    if (names.size === 0) return
    for (const owner of owners) if (!names.has(owner)) broker.dropSessions(owner)
  }

  /** Who removed a board's credential is done with the board. */
  const forgetDevice = async (name: string | undefined, { devices }: Doors): Promise<void> => {
    const deviceId = parseDeviceId(name)
    if (deviceId === undefined || (await credentials.get(deviceId)) !== undefined) return
    await delay(WILLS_OUT_MS, undefined, { ref: false, signal: stopped.signal })
    if ((await credentials.get(deviceId)) === undefined) await devices.remove(deviceId)
  }

  const changed = async (name: string | undefined, doors: Doors): Promise<void> => {
    const { broker, facade } = doors
    authenticator.forget(name)
    doorkeeper.forget()
    const isMeant = (who: Identity): boolean =>
      who.role !== 'anonymous' && (name === undefined || who.name === name)
    await Promise.all([
      endMqtt(broker, isMeant).then(() => dropSessions(broker, name)),
      facade.disconnect(async (who) => isMeant(who) && !(await authenticator.isCurrent(who))),
    ])
    await forgetDevice(name, doors)
  }

  const lookAgain = (name: string | undefined, doors: Doors): void => {
    changed(name, doors).catch((error) => {
      if (!stopped.signal.aborted)
        log.error({ error: errorText(error) }, 'connections of changed credentials could not be looked at')
    })
  }
  let timer: NodeJS.Timeout | undefined

  return {
    policy,
    doorkeeper,
    stats: () => ({ ...authenticator.stats(), wrongMqtt: wrongLogins() }),
    anyCredential: () => credentials.any(),
    follow: (doors) => {
      timer = setInterval(() => lookAgain(undefined, doors), LOOK_AGAIN_MS).unref()
      return changes.start((name) => lookAgain(name, doors))
    },
    stop: () => {
      clearInterval(timer)
      stopped.abort()
      return changes.stop()
    },
  }
}

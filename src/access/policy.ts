/**
 * Whom the broker lets in, and as whom: its questions answered by the credentials and by the table of the core.
 *
 * Whoever sends credentials is judged by them, also where anyone may come without. Wrong ones of a network that sent
 * many are answered later and later; who is right waits for nothing. A device is known by its client
 * id, so its client id is its name, and nobody else takes one that is a device's.
 */
import { type Identity, mayPublish, mayRetain, maySubscribe } from '../../bridge/index.ts'
import type { Admission, BrokerPolicy, ConnectRequest } from '../../broker/index.ts'
import { isForwarded } from '../forwarded.ts'
import { networkOf } from '../network.ts'
import type { Slowdown } from '../slowdown.ts'
import type { Authenticator, Claim } from './authenticator.ts'
import type { LoginRefusal } from './login.ts'

export interface PolicyOptions {
  readonly authenticator: Pick<Authenticator, 'login' | 'loginByCertificate' | 'isDevice'>
  /** Whether a client that says nothing of itself is let in. */
  readonly anonymous: boolean
  /** It is because it is of this machine: one that came through a proxy is not. Default false. */
  readonly isLocal?: boolean
  /** Under which devices are announced to Home Assistant. Default: `homeassistant`, as the table of the core has it. */
  readonly discoveryPrefix?: string
  /** Absent: wrong credentials are answered at once. */
  readonly slowdown?: Pick<Slowdown, 'wrong'>
}

const TABLE_PREFIX = 'homeassistant'

/** Another prefix of Home Assistant is in the table by its usual name. */
const asInTable =
  (prefix: string) =>
  (topic: string): string =>
    topic.startsWith(prefix) && (topic.length === prefix.length || topic[prefix.length] === '/')
      ? `${TABLE_PREFIX}${topic.slice(prefix.length)}`
      : topic

type Refusal = Extract<Admission, { readonly ok: false }>

const ANONYMOUS: Identity = { role: 'anonymous', name: '' }

const refuse = (code: Refusal['code'], reason: string): Admission => ({ ok: false, code, reason })

const WRONG = refuse(4, 'bad credentials')
const REFUSALS = {
  'bad-credentials': WRONG,
  busy: refuse(3, 'too many log in at once'),
  unavailable: refuse(3, 'the credentials cannot be read'),
} as const satisfies Readonly<Record<LoginRefusal, Admission>>

const NO_CREDENTIALS = refuse(5, 'no credentials')
const FORWARDED = refuse(
  5,
  'no credentials, which whoever comes through a proxy needs (npx sluice device add ID); ALLOW_ANONYMOUS=true lets ' +
    'everybody in',
)
const UNKNOWN_CERTIFICATE = refuse(5, 'no device of the name in the certificate may connect')
const NOT_ITS_ID = refuse(2, 'the client id of a device must be its device id')
const ID_OF_A_DEVICE = refuse(2, 'the client id is the name of a device')

/** The policy for an embedded broker. */
export const createPolicy = ({
  authenticator,
  anonymous,
  isLocal = false,
  discoveryPrefix = TABLE_PREFIX,
  slowdown,
}: PolicyOptions): BrokerPolicy => {
  const byCertificate = async (name: string): Promise<Admission> => {
    const login = await authenticator.loginByCertificate(name)
    if (login.ok) return login
    return login.reason === 'bad-credentials' ? UNKNOWN_CERTIFICATE : REFUSALS[login.reason]
  }

  const byCredentials = async (claim: Claim): Promise<Admission> => {
    const login = await authenticator.login(claim)
    return login.ok ? login : REFUSALS[login.reason]
  }

  const whoIs = async (request: ConnectRequest): Promise<Admission> => {
    const { username, password, certificateName, address, headers, signal } = request
    // Many clients cannot leave them out and send them empty. A name alone is what a certificate may stand for.
    const name = username || undefined
    const secret = password || undefined
    if (secret !== undefined) return byCredentials({ name: name ?? '', secret, address, signal })
    if (certificateName !== undefined && (name === undefined || name === certificateName))
      return byCertificate(certificateName)
    if (name !== undefined) return WRONG
    if (anonymous && isLocal && headers !== undefined && isForwarded(headers)) return FORWARDED
    return anonymous ? { ok: true, identity: ANONYMOUS } : NO_CREDENTIALS
  }

  /**
   * With the store away and nothing known of the name it is not a device's: who was admitted by other means is not
   * kept out, and a device that was ever connected to this process is known.
   */
  const isOfADevice = (clientId: string): Promise<boolean> =>
    authenticator.isDevice(clientId).catch(() => false)

  const admit = async (request: ConnectRequest): Promise<Admission> => {
    const admission = await whoIs(request)
    // Also what was known to be wrong: what is remembered makes nobody faster.
    if (admission === WRONG) await slowdown?.wrong(networkOf(request.address), request.signal)
    if (!admission.ok) return admission
    const { role, name } = admission.identity
    if (role === 'device') return name === request.clientId ? admission : NOT_ITS_ID
    return (await isOfADevice(request.clientId)) ? ID_OF_A_DEVICE : admission
  }

  if (discoveryPrefix === TABLE_PREFIX) return { admit, mayPublish, mayRetain, maySubscribe }
  const named = asInTable(discoveryPrefix)
  return {
    admit,
    mayPublish: (who, topic) => mayPublish(who, named(topic)),
    mayRetain: (who, topic) => mayRetain(who, named(topic)),
    maySubscribe: (who, filter) => maySubscribe(who, named(filter)),
  }
}

/** What the broker decides, put together: who is who, what is kept, and the hooks by which Aedes asks. */
import type { Aedes, AedesOptions, Client, PublishPacket } from 'aedes'
import type { Clock, Intake } from '../bridge/index.ts'
import { createMaySubscribe, guardForward, guardPublish } from './access-hooks.ts'
import type { BrokerEmitter } from './broker-events.ts'
import { createClientIdHolders } from './client-id-holders.ts'
import { limitTeller } from './client-limits.ts'
import type { Keep } from './keeping.ts'
import { createMembers, type Matches } from './members.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import type { BrokerPolicy } from './policy.ts'
import { createPublishHook } from './publish-hook.ts'
import type { QuietEmitter } from './quiet-emitter.ts'
import { createSubackCodes, type SubackCodes } from './suback-codes.ts'
import { createSubscribing } from './subscribe-hook.ts'

export interface HooksDeps {
  readonly keep: Keep
  readonly policy: BrokerPolicy | undefined
  readonly events: BrokerEmitter
  readonly now: Clock
  readonly reportError: (error: Error) => void
}

export interface Hooks {
  forAedes(intake: Intake, emitter: QuietEmitter): AedesOptions
  /** Learns what is kept, and from then on what happens in this broker. Before it takes connections. */
  follow(aedes: Aedes): Promise<void>
  disconnect(matches: Matches): number
  sessionOwners(): Promise<readonly string[]>
  dropSessions(owner: string): void
  /** What the sessions know of QoS 2 messages proves no more that they are durable. */
  distrustSessions(): void
  stop(): Promise<void>
  readonly subackCodes: SubackCodes
}

/** The hooks of one broker. */
export const createHooks = (
  { keep, policy, events, now, reportError }: HooksDeps,
  options: BrokerOptions,
): Hooks => {
  const onLimit = (limit: LimitName, clientId?: string): void => {
    events.emit('limit:hit', { limit, ...(clientId === undefined ? {} : { clientId }) })
  }
  const members = createMembers({
    policy,
    events,
    now,
    takeUpSession: (client, owner) => book.takeUp(client, owner),
    holders: createClientIdHolders((clientId) => book.ownerOf(clientId)),
  })
  const maySubscribe = policy && createMaySubscribe({ policy, members })
  const subscribing = createSubscribing({
    maySubscribe,
    maxSubscriptions: options.maxSubscriptions,
    forget: (client, filter) => {
      persistence.removeSubscriptions(client, [filter]).catch(reportError)
    },
    onDenied: (client, filter) => {
      const identity = members.of(client)?.identity
      if (identity !== undefined) events.emit('subscribe:denied', { clientId: client.id, identity, filter })
    },
    onLimit: limitTeller(events),
  })
  const { persistence, book, load } = keep(
    { now, onError: reportError, onLimit, isGranted: subscribing.isGranted },
    options,
  )

  const subackCodes = createSubackCodes()
  let sessionsAreTrusted = true
  const storedPacket = async (client: Client, packet: PublishPacket): Promise<PublishPacket | undefined> => {
    if (!sessionsAreTrusted) return undefined
    return await persistence.incomingGetPacket(client, packet).then(
      (stored: unknown) => stored as PublishPacket,
      () => undefined,
    )
  }

  return {
    forAedes: (intake, emitter) => {
      const isSilent = (topic: string): boolean => emitter.isSilent(topic) && persistence.isSilent(topic)
      const takeIn = createPublishHook({ intake, events, storedPacket, isSilent })
      return {
        persistence,
        authenticate: members.authenticate,
        authorizePublish: policy ? guardPublish({ policy, members, events }, takeIn) : takeIn,
        authorizeSubscribe: subscribing.authorize,
        ...(maySubscribe && { authorizeForward: guardForward(maySubscribe) }),
      }
    },
    follow: async (aedes) => {
      subscribing.follow(aedes)
      aedes.on('subscribe', subackCodes.answer)
      await load()
    },
    disconnect: members.disconnect,
    sessionOwners: () => book.owners(),
    dropSessions: (owner) =>
      book.dropOwner(owner, (clientId) => events.emit('session:removed', { clientId, owner })),
    subackCodes,
    distrustSessions: () => {
      sessionsAreTrusted = false
    },
    stop: () => book.stop(),
  }
}

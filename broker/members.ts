/**
 * Who each connection is. A client becomes a member when the policy admits it, before anything of its session is
 * touched, and stays one until its connection ends; nobody else may publish or subscribe. Without a policy there are
 * no members.
 */
import type { AuthenticateError, Client, PublishPacket } from 'aedes'
import type { Identity } from '../bridge/index.ts'
import type { BrokerEmitter } from './broker-events.ts'
import type { ClientIdHolders } from './client-id-holders.ts'
import { addressOf, ConnectRefusal, connectRequestOf } from './connect-request.ts'
import type { BrokerPolicy } from './policy.ts'

/** The longest timer that node has. */
const LONGEST_MS = 2 ** 31 - 1

export interface Member {
  readonly client: Client
  readonly identity: Identity
  /** What was asked last: a board publishes to the same topic again and again. */
  lastTopic: string | undefined
  mayPublishThere: boolean
}

/** Whether a client is meant: by who it is, and by its MQTT client id. */
export type Matches = (identity: Identity, clientId: string) => boolean

type Done = (error: AuthenticateError | null, success: boolean | null) => void

export interface MembersDeps {
  readonly policy: BrokerPolicy | undefined
  readonly events: BrokerEmitter
  /** Takes up, or gives up, what is kept for this client id, which from now on belongs to `owner`. */
  readonly takeUpSession: (client: Client, owner: string) => Promise<void> | undefined
  readonly holders: ClientIdHolders
  /** Epoch ms. */
  readonly now: () => number
}

export interface Members {
  /** Undefined before it was admitted, and without a policy. */
  of(client: Client): Member | undefined
  /** Aedes' hook: answers a CONNECT. */
  authenticate(client: Client, username: string | undefined, password: Buffer | undefined, done: Done): void
  /** Closes the connections of all who are meant, those that are being admitted too. How many are closed now. */
  disconnect(matches: Matches): number
}

/** One that is being admitted, and whom `disconnect` was called for meanwhile. */
interface Pending {
  readonly revoked: Matches[]
}

/** Tells `work` when the client hangs up meanwhile. */
const whileConnected = async <T>({ conn }: Client, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController()
  const hangUp = (): void => controller.abort()
  conn.once('close', hangUp)
  try {
    return await work(controller.signal)
  } finally {
    conn.off('close', hangUp)
  }
}

const willOf = (client: Client): PublishPacket | undefined =>
  (Reflect.get(client, '_will') as PublishPacket | null | undefined) ?? undefined

/** The members of one broker. */
export const createMembers = ({ policy, events, takeUpSession, holders, now }: MembersDeps): Members => {
  const members = new WeakMap<Client, Member>()
  const present = new Set<Member>()
  const pendings = new Set<Pending>()

  const closeAt = (member: Member, expiresAt: number): void => {
    const leftMs = expiresAt - now()
    if (leftMs <= 0) return member.client.close()
    const timer = setTimeout(() => closeAt(member, expiresAt), Math.min(leftMs, LONGEST_MS))
    timer.unref()
    member.client.conn.once('close', () => clearTimeout(timer))
  }

  const join = (client: Client, identity: Identity): void => {
    const member: Member = { client, identity, lastTopic: undefined, mayPublishThere: false }
    members.set(client, member)
    present.add(member)
    holders.add(client, identity)
    // What it was stays known: its will is published after its connection has ended.
    client.conn.once('close', () => present.delete(member))
    if (identity.expiresAt !== undefined) closeAt(member, identity.expiresAt)
  }

  const checkWill = (asked: BrokerPolicy, client: Client, identity: Identity): ConnectRefusal | undefined => {
    const will = willOf(client)
    if (will === undefined) return undefined
    if (!asked.mayPublish(identity, will.topic))
      return new ConnectRefusal(5, 'the will is on a forbidden topic')
    if (will.retain && !asked.mayRetain(identity, will.topic)) will.retain = false
    return undefined
  }

  /** Asked again when the answer was revoked while it was on its way. */
  const admit = async (asked: BrokerPolicy, request: Parameters<BrokerPolicy['admit']>[0]) => {
    for (;;) {
      const pending: Pending = { revoked: [] }
      pendings.add(pending)
      try {
        const admission = await asked.admit(request)
        if (!admission.ok) return admission
        if (!pending.revoked.some((matches) => matches(admission.identity, request.clientId)))
          return admission
      } finally {
        pendings.delete(pending)
      }
    }
  }

  const admitClient = async (
    asked: BrokerPolicy,
    client: Client,
    request: Parameters<BrokerPolicy['admit']>[0],
  ): Promise<ConnectRefusal | undefined> => {
    const admission = await whileConnected(client, (signal) => admit(asked, { ...request, signal }))
    if (!admission.ok) return new ConnectRefusal(admission.code, admission.reason)
    const taken = holders.isTaken(client.id, admission.identity)
    if (typeof taken === 'boolean' ? taken : await taken)
      return new ConnectRefusal(2, 'the client id, or the session kept under it, is of somebody else')
    const refusal = checkWill(asked, client, admission.identity)
    if (refusal !== undefined || client.closed) return refusal
    join(client, admission.identity)
    await takeUpSession(client, admission.identity.name)
    return undefined
  }

  const answer = (client: Client, done: Done, refusal: ConnectRefusal | undefined): void => {
    if (refusal === undefined) return done(null, true)
    events.emit('connect:refused', {
      clientId: client.id,
      address: addressOf(client),
      reason: refusal.message,
    })
    done(refusal, false)
  }

  return {
    of: (client) => members.get(client),
    authenticate: (client, username, password, done) => {
      const admitted =
        policy === undefined
          ? takeUpSession(client, '')?.then(() => undefined)
          : admitClient(policy, client, connectRequestOf(client, { username, password }))
      if (admitted === undefined) return done(null, true)
      admitted.then(
        (refusal) => answer(client, done, refusal),
        (error: Error) => {
          events.emit('broker:error', { error })
          answer(client, done, new ConnectRefusal(3, 'the session cannot be read or kept'))
        },
      )
    },
    disconnect: (matches) => {
      for (const { revoked } of pendings) revoked.push(matches)
      const meant = [...present].filter(({ client, identity }) => matches(identity, client.id))
      for (const { client } of meant) client.close()
      return meant.length
    },
  }
}

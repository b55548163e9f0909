/** What is kept of clients beyond their connections, and where: in the LevelDB of this node, or in a shared Redis. */
import type { AedesOptions, Client, Subscription } from 'aedes'
import type { Clock, Level } from '../bridge/index.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import { QuietPersistence } from './quiet-persistence.ts'
import { createSessionBook, type SessionBook } from './session-book.ts'

export interface KeepingDeps {
  readonly now: Clock
  readonly onError: (error: Error) => void
  readonly onLimit: (limit: LimitName, clientId?: string) => void
  readonly isGranted: (client: Client, subscription: Subscription) => boolean
}

/** The persistence of Aedes, as far as our hooks ask it. */
export interface KeptSessions {
  isSilent(topic: string): boolean
  incomingGetPacket(client: Client, packet: { readonly messageId?: number }): Promise<unknown>
  removeSubscriptions(client: Client, topics: readonly string[]): Promise<void>
}

export interface Keeping {
  readonly persistence: KeptSessions & NonNullable<AedesOptions['persistence']>
  readonly book: SessionBook
  /** Learns what is kept; after Aedes has set the persistence up, before it takes connections. */
  load(): Promise<void>
}

export type Keep = (deps: KeepingDeps, options: BrokerOptions) => Keeping

/** In a LevelDB of this node's own. */
export const keepInLevel =
  (db: Level): Keep =>
  ({ now, onError, onLimit, isGranted }, options) => {
    const isResumed = (clientId: string): boolean => book.isResumed(clientId)
    const persistence = new QuietPersistence({ db, onError, onLimit, isGranted, isResumed }, options)
    const drop = (clientId: string): Promise<void> => persistence.dropSession(clientId)
    const book = createSessionBook({ db, drop, now, onError, onLimit }, options)
    return { persistence, book, load: async () => book.load(await persistence.clientIds()) }
  }

/**
 * Who has each client id: the client that is connected under it, and whoever a session is kept for. Aedes would end
 * the connection of the one and we would give up the session of the other for anybody who comes with the id.
 */
import type { Client } from 'aedes'
import type { Identity } from '../bridge/index.ts'

export interface ClientIdHolders {
  /** Until its connection ends. */
  add(client: Client, identity: Identity): void
  /**
   * Whether somebody else with a name has it. Never of a device: its client id is its own, whoever came under it
   * before there was the device. What belongs to nobody is for whoever comes.
   */
  isTaken(clientId: string, by: Identity): boolean | Promise<boolean>
}

interface Holder {
  readonly client: Client
  readonly owner: string
}

/** The holders of one broker; `sessionOwner`: whose the kept session of a client id is, undefined without one. */
export const createClientIdHolders = (
  sessionOwner: (clientId: string) => string | undefined | Promise<string | undefined>,
): ClientIdHolders => {
  const holders = new Map<string, Holder>()

  const connectedOwner = (clientId: string): string | undefined => {
    const holder = holders.get(clientId)
    return holder === undefined || holder.client.closed ? undefined : holder.owner
  }

  return {
    add: (client, { name: owner }) => {
      const { id } = client
      // Nobody is kept out for those without a name.
      if (owner === '') return
      const holder: Holder = { client, owner }
      holders.set(id, holder)
      client.conn.once('close', () => {
        if (holders.get(id) === holder) holders.delete(id)
      })
    },
    isTaken: (clientId, { role, name }) => {
      if (role === 'device') return false
      const isAnothers = (owner: string | undefined): boolean => !!owner && owner !== name
      if (isAnothers(connectedOwner(clientId))) return true
      const owner = sessionOwner(clientId)
      return owner instanceof Promise ? owner.then(isAnothers) : isAnothers(owner)
    },
  }
}

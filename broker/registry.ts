/**
 * Keeps Aedes' list of clients true. Aedes registers a client whose connection ended while its session was being
 * read, and never removes it; and one that ends removes whoever has its client id by then.
 */
import type { Aedes, Client } from 'aedes'

/** What of Aedes is used here; it has no door to its list. */
interface Inner {
  readonly clients: Record<string, Client>
  connectedClients: number
  unregisterClient(client: Client): void
  deleteClient(clientId: string): void
}

/** From now on, in this broker. */
export const keepRegistry = (aedes: Aedes): void => {
  const inner = aedes as unknown as Inner
  const unregister = inner.unregisterClient.bind(aedes)
  const counted = new WeakSet<Client>()

  aedes.on('client', (client) => {
    if (!client.closed) counted.add(client)
    else if (inner.clients[client.id] === client) inner.deleteClient(client.id)
  })
  inner.unregisterClient = (client) => {
    if (inner.clients[client.id] === client) {
      if (counted.delete(client)) unregister(client)
    } else if (counted.delete(client)) {
      inner.connectedClients -= 1
      aedes.emit('clientDisconnect', client)
    }
  }
}

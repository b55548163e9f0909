/**
 * The proxy of tcp-proxy.ts. Owns: a listener on loopback that stays for its whole life (its port is never lost to
 * another program), and two sockets for each connection. While the link is cut a new connection is reset as soon as
 * it is made.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createLinkFlow, type LinkFlow } from './link-flow.ts'
import type { Tap } from './postgres-points.ts'
import type { TcpProxy } from './tcp-proxy.ts'

export interface TcpProxyOptions {
  /** Where connections lead, on loopback. */
  readonly target: number
  /** Made for each connection: what of it passes. Undefined: all. */
  readonly tap?: () => Tap | undefined
}

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'frozen' }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }

interface Link {
  obey(state: State): void
  reset(): void
}

const HOST = '127.0.0.1'
const NO_TAP: Tap = { fromClient: (chunk) => chunk, fromServer: (chunk) => chunk }

const bytesPerSecondOf = (state: State): number => {
  if (state.kind === 'slow') return state.bytesPerSecond
  return state.kind === 'frozen' ? 0 : Number.POSITIVE_INFINITY
}

const createLink = (client: Socket, { target, tap }: TcpProxyOptions, onGone: () => void): Link => {
  const server: Socket = connect({ port: target, host: HOST, allowHalfOpen: true })
  const { fromClient, fromServer } = tap?.() ?? NO_TAP
  const flows: readonly LinkFlow[] = [
    createLinkFlow({ from: client, to: server, pass: fromClient }),
    createLinkFlow({ from: server, to: client, pass: fromServer }),
  ]
  const reset = (): void => {
    for (const flow of flows) flow.stop()
    for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy()
  }
  let open = 2
  for (const socket of [client, server]) {
    socket.setNoDelay(true)
    socket.on('error', reset) // a side that is reset resets the other: no end is told that was none
    socket.once('close', () => {
      open -= 1
      if (open === 0) onGone()
    })
  }
  return {
    obey: (state) => {
      for (const flow of flows) flow.limit(bytesPerSecondOf(state))
    },
    reset,
  }
}

/** A proxy in front of `target`; takes connections when this resolves. */
export const createTcpProxy = async (options: TcpProxyOptions): Promise<TcpProxy> => {
  const links = new Set<Link>()
  let state: State = { kind: 'open' }

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (state.kind === 'cut') {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const link = createLink(client, options, () => links.delete(link))
    links.add(link)
    link.obey(state)
  })
  listener.listen(0, HOST)
  await once(listener, 'listening')

  const enter = (next: State): void => {
    state = next
    for (const link of links) link.obey(next)
  }
  const cut = (): void => {
    state = { kind: 'cut' }
    for (const link of links) link.reset()
  }

  return {
    port: (listener.address() as AddressInfo).port,
    cut,
    freeze: () => enter({ kind: 'frozen' }),
    slow: (bytesPerSecond) => enter({ kind: 'slow', bytesPerSecond }),
    heal: () => enter({ kind: 'open' }),
    close: async () => {
      cut()
      listener.close()
      await once(listener, 'close')
    },
  }
}

/**
 * The emitter Aedes delivers through in a cluster: to the clients of this node as ever, and to the nodes that hear the
 * topic, each once. A message that nobody elsewhere listens to costs a look into a set and no Redis message.
 *
 * A delivery waits for this node's clients only: what other nodes are sent is on its way.
 */
import type { Message } from 'mqemitter'
import type { ClusterNodes } from './cluster-nodes.ts'
import type { NodeLink } from './node-link.ts'
import type { QuietEmitter } from './quiet-emitter.ts'

export interface ClusterEmitterDeps {
  readonly local: QuietEmitter
  readonly nodes: Pick<ClusterNodes, 'hearers' | 'listen' | 'unlisten'>
  readonly nodeId: string
  readonly link: () => NodeLink | undefined
  /** Each node says it to its own clients. */
  readonly staysHere: (topic: string) => boolean
}

export interface ClusterEmitter extends QuietEmitter {
  /** A message of another node: to the clients of this one. */
  deliver(packet: Message): void
  /** Sends to the other nodes that listen, and to nobody here. */
  elsewhere(packet: Message): void
}

/** The emitter of one node around its local one, which it changes. */
export const createClusterEmitter = ({
  local,
  nodes,
  nodeId,
  link,
  staysHere,
}: ClusterEmitterDeps): ClusterEmitter => {
  const on = local.on.bind(local)
  const removeListener = local.removeListener.bind(local)
  const emit = local.emit.bind(local)
  const { isSilent, isHeard } = local
  const isHeardElsewhere = (topic: string): boolean => !staysHere(topic) && nodes.hearers(topic).length > 0

  const elsewhere = (packet: Message): void => {
    if (staysHere(packet.topic)) return
    for (const id of nodes.hearers(packet.topic)) link()?.to(id, { type: 'packet', from: nodeId, packet })
  }

  return Object.assign(local, {
    isSilent: (topic: string) => isSilent(topic) && !isHeardElsewhere(topic),
    isHeard: (topic: string) => isHeard(topic) || isHeardElsewhere(topic),
    on: (...[filter, listener, done]: Parameters<typeof on>) => {
      const added = on(filter, listener)
      const known = nodes.listen(filter)
      if (done) void known.then(done)
      return added
    },
    removeListener: (...[filter, listener, done]: Parameters<typeof removeListener>) => {
      nodes.unlisten(filter)
      return removeListener(filter, listener, done)
    },
    emit: (message: Message, done?: (error?: Error) => void) => {
      elsewhere(message)
      return emit(message, done)
    },
    deliver: (packet: Message) => void emit(packet),
    elsewhere,
  }) as ClusterEmitter
}

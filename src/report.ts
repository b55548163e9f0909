/**
 * What the log says of the events: one line each for what an operator should know, rate-limited where a storm
 * is possible, nothing per message.
 */
import type { BridgeEmitter } from '../bridge/index.ts'
import type { BrokerEmitter } from '../broker/index.ts'
import { errorText } from './error-text.ts'
import type { LimitedLog, Log } from './logging.ts'

export interface ReportDeps {
  readonly log: Log
  readonly limited: LimitedLog
  readonly bridge: BridgeEmitter
  readonly broker: BrokerEmitter
}

/** Subscribes the log to the bridge's and the broker's events. */
export const reportEvents = ({ log, limited, bridge, broker }: ReportDeps): void => {
  bridge.on('spool:failed', ({ error, retryInMs }) =>
    limited.write({
      key: 'spool:failed',
      level: 'error',
      msg: 'the spool cannot be written: acks are held until it can (disk full?)',
      fields: { error: errorText(error), retryInMs },
    }),
  )
  bridge.on('spool:full', ({ full, bytes }) =>
    full
      ? log.error({ bytes }, 'the spool is full: acks are withheld, QoS 0 is dropped')
      : log.info('the spool has room again'),
  )
  bridge.on('spool:damaged', ({ lostRows, detail }) =>
    log.error({ lostRows }, `the spool was damaged: ${detail}`),
  )
  bridge.on('drain:failed', ({ error, retryInMs }) =>
    limited.write({
      key: 'drain:failed',
      level: 'warn',
      msg: 'Postgres takes no rows: they wait in the spool',
      fields: { error: errorText(error), retryInMs },
    }),
  )
  bridge.on('drain:recovered', ({ outageMs }) =>
    log.info({ outageMs: Math.round(outageMs) }, 'Postgres takes rows again'),
  )
  bridge.on('drain:refused', ({ detail }) =>
    limited.write({
      key: 'drain:refused',
      level: 'warn',
      msg: 'Postgres refused a row: it is a dead letter',
      fields: { detail },
    }),
  )
  bridge.on('message:rejected', ({ reason, detail, topic }) =>
    limited.write({
      key: `rejected:${reason}`,
      level: 'warn',
      msg: 'a message was refused: it is a dead letter',
      fields: { reason, detail, topic },
    }),
  )
  const totals = createTotals()
  bridge.on('message:dropped', ({ reason, count }) => {
    const total = totals.add(reason, count)
    // Without a database the spool is a ring: that its oldest rows make room is what was asked for.
    if (reason === 'store-off-full') {
      limited.write({ key: reason, level: 'info', msg: 'the oldest readings made room', fields: { total } })
    } else {
      limited.write({ key: reason, level: 'error', msg: 'readings were lost', fields: { reason, total } })
    }
  })
  bridge.on('message:held', ({ count }) =>
    limited.write({
      key: 'held',
      level: 'warn',
      msg: 'messages were refused for want of room: their senders keep them',
      fields: { total: totals.add('held', count) },
    }),
  )
  bridge.on('latest:store', ({ available, error }) =>
    available
      ? log.info('Redis takes latest values again')
      : log.warn({ error: errorText(error) }, 'Redis is away: latest values are served from memory'),
  )
  bridge.on('devices:failed', ({ error }) =>
    limited.write({
      key: 'devices:failed',
      level: 'warn',
      msg: 'devices cannot be read or stored: they are kept in memory',
      fields: { error: errorText(error) },
    }),
  )
  bridge.on('bridge:error', ({ error, where }) =>
    limited.write({
      key: `error:${where}`,
      level: 'error',
      msg: `unexpected error: ${where}`,
      fields: { error: errorText(error) },
    }),
  )
  reportBoards(limited, bridge)
  reportBroker(limited, broker)
}

const reportBoards = (limited: LimitedLog, bridge: BridgeEmitter): void => {
  const totals = createTotals()
  bridge.on('buzzer:failed', ({ error }) =>
    limited.write({
      key: 'buzzer:failed',
      level: 'warn',
      msg: 'buzzer history cannot be read or stored: it is kept in memory',
      fields: { error: errorText(error) },
    }),
  )
  bridge.on('buzzer:dropped', ({ count }) =>
    limited.write({
      key: 'buzzer:dropped',
      level: 'error',
      msg: 'buzzer history was given up for want of room',
      fields: { total: totals.add('buzzer:dropped', count) },
    }),
  )
  bridge.on('frame:refused', ({ deviceId, reason }) =>
    limited.write({
      key: `frame:${reason}`,
      level: 'warn',
      msg: 'a camera picture was not kept',
      fields: { deviceId, reason },
    }),
  )
  bridge.on('frames:evicted', ({ count }) =>
    limited.write({
      key: 'frames:evicted',
      level: 'warn',
      msg: 'camera pictures were removed before their time: raise FRAMES_MAX_BYTES or lower FRAMES_KEEP_MS',
      fields: { total: totals.add('frames:evicted', count) },
    }),
  )
  bridge.on('frames:failed', ({ error }) =>
    limited.write({
      key: 'frames:failed',
      level: 'error',
      msg: 'the frames folder cannot be written or cleaned: free disk space, or mend its rights',
      fields: { error: errorText(error) },
    }),
  )
}

/** Sums since the start: a line that is held back takes no count along with it. */
const createTotals = () => {
  const totals = new Map<string, number>()
  return {
    add: (key: string, count: number): number => {
      const total = (totals.get(key) ?? 0) + count
      totals.set(key, total)
      return total
    },
  }
}

const reportBroker = (limited: LimitedLog, broker: BrokerEmitter): void => {
  broker.on('client:error', ({ clientId, address, error }) =>
    limited.write({
      key: `client:error:${error.message.slice(0, 60)}`,
      level: 'warn',
      msg: 'an MQTT connection was closed',
      fields: { clientId, address, error: error.message },
    }),
  )
  broker.on('tls:failed', (failure) => reportTlsFailure(limited, { port: 'mqtts', ...failure }))
  broker.on('publish:refused', ({ clientId, topic, error }) =>
    limited.write({
      key: 'publish:refused',
      level: 'warn',
      msg: 'a publish was not taken in: its sender keeps it',
      fields: { clientId, topic, error: error.message },
    }),
  )
  reportDenials(limited, broker)
  broker.on('session:removed', ({ clientId, owner }) =>
    limited.write({
      key: 'session:removed',
      level: 'warn',
      msg: 'a kept MQTT session was removed, with what waited for it: nobody of its name has credentials any more',
      fields: { clientId, name: owner },
    }),
  )
  broker.on('broker:error', ({ error }) =>
    limited.write({
      key: 'broker:error',
      level: 'error',
      msg: 'the broker could not store or send something',
      fields: { error: error.message },
    }),
  )
}

/** One line for each kind of failure, once in a while. */
export const reportTlsFailure = (
  limited: LimitedLog,
  failure: { readonly port: 'mqtts' | 'https'; readonly address: string; readonly code: string },
): void =>
  limited.write({
    key: `tls:${failure.port}:${failure.code}`,
    level: 'warn',
    msg: 'a TLS connection was refused or given up in its handshake',
    fields: failure,
  })

/** Names and topics are what a stranger sent: one line of each kind in ten seconds. */
const reportDenials = (limited: LimitedLog, broker: BrokerEmitter): void => {
  broker.on('connect:refused', ({ clientId, address, reason }) =>
    limited.write({
      key: `connect:refused:${reason.slice(0, 60)}`,
      level: 'warn',
      msg: 'an MQTT connection was refused',
      fields: { clientId, address, reason },
    }),
  )
  broker.on('publish:denied', ({ clientId, identity, topic }) =>
    limited.write({
      key: 'publish:denied',
      level: 'warn',
      msg: 'a publish was dropped: its sender may not publish there',
      fields: { clientId, name: identity.name, role: identity.role, topic },
    }),
  )
  broker.on('subscribe:denied', ({ clientId, identity, filter }) =>
    limited.write({
      key: 'subscribe:denied',
      level: 'warn',
      msg: 'a subscription was refused: its client may not be sent all that it reaches',
      fields: { clientId, name: identity.name, role: identity.role, filter },
    }),
  )
  broker.on('limit:hit', ({ limit, clientId, address }) =>
    limited.write({
      key: `limit:${limit}`,
      level: 'warn',
      msg: 'an MQTT client reached a bound',
      fields: { limit, clientId, address },
    }),
  )
}

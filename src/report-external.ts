/** What the log says of an external broker: when it comes and goes, and whatever it refuses or loses. */
import type { ExternalEmitter } from '../mosquitto-compat/index.ts'
import { errorText } from './error-text.ts'
import type { LimitedLog, Log } from './logging.ts'

export interface ReportExternalDeps {
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly limited: LimitedLog
  readonly events: ExternalEmitter
}

const reportWay = ({ log, limited, events }: ReportExternalDeps): void => {
  events.on('connected', ({ sessionPresent }) =>
    log.info({ sessionPresent }, 'connected to the external broker'),
  )
  events.on('session:lost', () =>
    log.warn('the external broker has no session of Sluice any more: what came meanwhile may be missing'),
  )
  events.on('disconnected', ({ reason, retryInMs }) =>
    limited.write({
      key: `external:disconnected:${reason.slice(0, 60)}`,
      level: 'warn',
      msg: 'no connection to the external broker: it is tried again',
      fields: { reason, retryInMs },
    }),
  )
  events.on('stalled', ({ what, afterMs }) =>
    limited.write({
      key: `external:stalled:${what}`,
      level: 'error',
      msg: 'the external broker went silent: the connection is made anew',
      fields: { what, afterMs },
    }),
  )
  events.on('subscription:refused', ({ filter, reason }) =>
    limited.write({
      key: `external:subscription:${filter}`,
      level: 'error',
      msg: 'the external broker refused a subscription: what is published there does not come in',
      fields: { filter, reason },
    }),
  )
}

/** Subscribes the log to the events of an external broker. */
export const reportExternal = (deps: ReportExternalDeps): void => {
  const { limited, events } = deps
  let lost = 0
  let dropped = 0
  reportWay(deps)
  events.on('message:refused', ({ topic, error, attempt }) =>
    limited.write({
      key: 'external:message:refused',
      level: 'warn',
      msg: 'a message was not taken in: it is held without an ack and tried again',
      fields: { topic, attempt, error: errorText(error) },
    }),
  )
  events.on('message:lost', ({ topic, error }) => {
    lost += 1
    limited.write({
      key: 'external:message:lost',
      level: 'error',
      msg: 'a message was given up: it could not be taken in',
      fields: { topic, error: errorText(error), total: lost },
    })
  })
  events.on('publish:dropped', ({ count, reason }) => {
    dropped += count
    limited.write({
      key: `external:publish:${reason}`,
      level: 'warn',
      msg: 'messages to the external broker were dropped',
      fields: { reason, total: dropped },
    })
  })
  events.on('publish:refused', ({ topic, reason }) =>
    limited.write({
      key: 'external:publish:refused',
      level: 'error',
      msg: 'the external broker refused a message of Sluice',
      fields: { topic, reason },
    }),
  )
}

/** The door of the external broker. */

export { readBrokerUrl } from './broker-address.ts'
export * from './external-broker.ts'
export * from './external-events.ts'
export { type ExternalStats, NO_EXTERNAL_STATS } from './external-status.ts'
export { EXTERNAL_DEFAULTS, type ExternalBrokerOptions, type ExternalBrokerTarget } from './options.ts'

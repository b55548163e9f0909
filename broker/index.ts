/** The door of the embedded broker. */
export * from './broker-events.ts'
export * from './embedded-broker.ts'
export type { BrokerAddress } from './listeners.ts'
export * from './options.ts'
export type * from './policy.ts'

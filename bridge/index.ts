/** The door of the bridge: what src/, broker/ and mosquitto-compat/ may import. */
export * from './core/index.ts'
export * from './events.ts'
export * from './ports.ts'
export * from './services.ts'

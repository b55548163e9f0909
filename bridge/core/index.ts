/** The pure door: safe in a browser, no node, no npm, no clock, no log. */
export * from './copy-row.ts'
export * from './device.ts'
export * from './device-id.ts'
export * from './errors.ts'
export * from './latest.ts'
export * from './payload.ts'
export * from './reading.ts'
export * from './rejection.ts'

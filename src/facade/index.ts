/** The door of the facade: what src/app.ts may import. */
export type { DeviceLetters, FacadeDeps, FacadeLog, FacadeOptions, SystemLoad } from './app.ts'
export type { RollupLag, StorageTable, SystemFigures } from './contract/overview.ts'
export { createKeylessDoor, type Doorkeeper, type Identified, type Login, type Token } from './doorkeeper.ts'
export { type Address, type Addresses, createFacade, type Facade } from './facade.ts'
export { DENIAL_REASONS, type DenialCounts, type DenialReason } from './http/denials.ts'
export type { UpgradeHandler } from './http/upgrades.ts'
export type { SocketStats } from './sockets/socket-stats.ts'

/** The door of the facade: what src/app.ts may import. */
export type { FacadeDeps, FacadeLog, FacadeOptions } from './app.ts'
export { type Address, createFacade, type Facade } from './facade.ts'
export { ANY_PATH, type UpgradeHandler } from './http/upgrades.ts'

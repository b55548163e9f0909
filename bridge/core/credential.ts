/** What is kept of a device or user that has a secret of its own: never the secret, only its hash. */
import type { Role } from './access.ts'

/** Who can have a credential: nobody is anonymous by one. */
export type CredentialRole = Exclude<Role, 'anonymous'>

export interface Credential {
  /** A device's id, or a user's name: one of a kind among both. The rule is that of device ids. */
  readonly name: string
  readonly role: CredentialRole
  /** Of devices: what it is called and what kind of board it is, as the operator said. */
  readonly label?: string
  readonly type?: string
  /** How the secret is checked: `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
  readonly secretHash: string
  /**
   * The same secret as a line of a Mosquitto password file has it: `$7$iterations$salt$hash`, both in base64. Absent:
   * made before there was this, or by who does not know of it.
   */
  readonly mosquittoHash?: string
  /** Epoch ms. */
  readonly createdAt: number
  /** Epoch ms of the newest secret. */
  readonly rotatedAt: number
  /** Epoch ms; null: it is good. A revoked one stays, so that its name is not given to another by mistake. */
  readonly revokedAt: number | null
}

export type NewCredential = Omit<Credential, 'createdAt' | 'rotatedAt' | 'revokedAt'>

/** Credentials, wherever they are kept. All throw STORE_UNAVAILABLE. */
export interface CredentialStore {
  /** False when the name is taken (also by a revoked one). */
  add(credential: NewCredential): Promise<boolean>
  /**
   * A new secret for it, which also makes a revoked one good again. Both hashes are of this secret: without
   * `mosquittoHash` the old one goes too. False: there is none of this name.
   */
  rotate(name: string, secretHash: string, mosquittoHash?: string): Promise<boolean>
  /** False: there is none of this name. Revoking twice is the same as once. */
  revoke(name: string): Promise<boolean>
  remove(name: string): Promise<boolean>
  get(name: string): Promise<Credential | undefined>
  /** By name. */
  list(roles: readonly CredentialRole[]): Promise<readonly Credential[]>
  /** Whether there is any that is good. */
  any(): Promise<boolean>
}

/** Tells of changes that anyone made to the credentials, this process or another. */
export interface CredentialChanges {
  /**
   * `onChanged(name)` for each credential that was added, rotated, revoked or removed; `onChanged(undefined)` when some may
   * have been missed (a lost connection), so every one may have changed. Never throws; keeps trying.
   */
  start(onChanged: (name: string | undefined) => void): Promise<void>
  stop(): Promise<void>
}

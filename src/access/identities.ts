/**
 * Makes the identity of whoever proved to be someone, and tells later whether it still is: each is remembered with
 * the secret it was let in by, for as long as anyone holds it.
 */
import type { Clock, Credential, Identity } from '../../bridge/index.ts'
import type { CredentialCache } from './credential-cache.ts'

export interface Identities {
  /** `expiresAt`: epoch ms. */
  of(credential: Credential, expiresAt?: number): Identity
  /**
   * Whether it would still be let in: its credential was not revoked, removed or given another secret or role since,
   * and its time is not over. An identity without a name (anonymous, the API key) has no credential to lose. True,
   * too, when the store is away and the last that was known is good; false when nothing is known. Never rejects.
   */
  isCurrent(identity: Identity): Promise<boolean>
}

/** Whether someone may be let in by it. */
export const isGood = (credential: Credential | undefined): credential is Credential =>
  credential !== undefined && credential.revokedAt === null

export const createIdentities = ({
  credentials,
  clock,
}: {
  readonly credentials: Pick<CredentialCache, 'find'>
  readonly clock: Clock
}): Identities => {
  const letInBy = new WeakMap<Identity, string>()

  const isCurrent = async (identity: Identity): Promise<boolean> => {
    if (identity.expiresAt !== undefined && identity.expiresAt <= clock()) return false
    if (identity.name === '') return true
    try {
      const credential = await credentials.find(identity.name)
      if (!isGood(credential) || credential.role !== identity.role) return false
      return (letInBy.get(identity) ?? credential.secretHash) === credential.secretHash
    } catch {
      return false
    }
  }

  return {
    of: (credential, expiresAt) => {
      const { role, name } = credential
      const identity: Identity = { role, name, ...(expiresAt !== undefined && { expiresAt }) }
      letInBy.set(identity, credential.secretHash)
      return identity
    },
    isCurrent,
  }
}

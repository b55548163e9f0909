import type { Credential, CredentialChanges, CredentialStore } from '../core/credential.ts'
import type { Clock } from '../ports.ts'

/** Credentials of this process alone, which tells of its own changes. */
export interface MemoryCredentials extends CredentialStore {
  readonly changes: CredentialChanges
}

/** By code point, as Postgres sorts with the collation "C". */
const byName = (a: Credential, b: Credential): number =>
  Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))

/** Credentials in memory: for running without a database, and for tests. */
export const createMemoryCredentials = ({ clock }: { readonly clock: Clock }): MemoryCredentials => {
  const credentials = new Map<string, Credential>()
  let onChanged: ((name: string) => void) | undefined

  /** Puts what `change` makes of the credential in its place; false when there is none of this name. */
  const replace = (name: string, change: (old: Credential) => Credential): boolean => {
    const old = credentials.get(name)
    if (old === undefined) return false
    credentials.set(name, change(old))
    onChanged?.(name)
    return true
  }

  return {
    add: async (credential) => {
      if (credentials.has(credential.name)) return false
      const now = clock()
      credentials.set(credential.name, { ...credential, createdAt: now, rotatedAt: now, revokedAt: null })
      onChanged?.(credential.name)
      return true
    },
    rotate: async (name, secretHash, mosquittoHash) =>
      replace(name, ({ mosquittoHash: _, ...old }) => ({
        ...old,
        secretHash,
        ...(mosquittoHash !== undefined && { mosquittoHash }),
        rotatedAt: clock(),
        revokedAt: null,
      })),
    revoke: async (name) => replace(name, (old) => ({ ...old, revokedAt: old.revokedAt ?? clock() })),
    remove: async (name) => {
      const removed = credentials.delete(name)
      if (removed) onChanged?.(name)
      return removed
    },
    get: async (name) => credentials.get(name),
    list: async (roles) => [...credentials.values()].filter(({ role }) => roles.includes(role)).sort(byName),
    any: async () => [...credentials.values()].some(({ revokedAt }) => revokedAt === null),
    changes: {
      start: async (told) => {
        onChanged = told
      },
      stop: async () => {
        onChanged = undefined
      },
    },
  }
}

/** A doorkeeper in memory: names with secrets and roles, tokens that it issued, and faults that a test sets. */
import type { CredentialRole, Identity } from '../../bridge/index.ts'
import type { Doorkeeper, Identified, Login } from '../../src/facade/index.ts'

export interface FakeDoorkeeper extends Doorkeeper {
  /** Logins that were checked, which those recalled are not. */
  readonly checked: readonly Login[]
  /** Answered to every login while it is set. */
  fault: 'busy' | 'unavailable' | undefined
  /** Awaited by every check. */
  gate: Promise<void>
}

export interface FakeDoorkeeperGiven {
  readonly anonymous?: boolean
  readonly clock?: () => number
  readonly tokenLivesMs?: number
}

/** Each secret is `secret of <name>`. */
export const secretOf = (name: string): string => `secret of ${name}`

/** The header of a login with a secret. */
export const basic = (name: string, secret: string = secretOf(name)) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
})

export const createFakeDoorkeeper = (
  roles: Readonly<Record<string, CredentialRole>>,
  { anonymous = false, clock = Date.now, tokenLivesMs = 60_000 }: FakeDoorkeeperGiven = {},
): FakeDoorkeeper => {
  const checked: Login[] = []
  const known = new Map<string, Identity>()
  const tokens = new Map<string, Identity>()

  const find = (login: Login): Identity | undefined => {
    if (login.kind === 'token') return tokens.get(login.token)
    const role = roles[login.name]
    return role === undefined || login.secret !== secretOf(login.name)
      ? undefined
      : { role, name: login.name }
  }
  const identify = async (login: Login): Promise<Identified> => {
    checked.push(login)
    await fake.gate
    if (fake.fault !== undefined) return { ok: false, reason: fake.fault }
    const identity = find(login)
    if (identity === undefined) return { ok: false, reason: 'bad-credentials' }
    known.set(JSON.stringify(login), identity)
    return { ok: true, identity }
  }

  const fake: FakeDoorkeeper = {
    identify,
    recall: (login) => known.get(JSON.stringify(login)),
    issue: async (identity) => {
      const expiresAt = clock() + tokenLivesMs
      const token = `token-${tokens.size + 1}`
      tokens.set(token, { ...identity, expiresAt })
      return { token, expiresAt }
    },
    anonymous,
    checked,
    fault: undefined,
    gate: Promise.resolve(),
  }
  return fake
}

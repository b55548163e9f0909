import type { Identity } from '../../bridge/index.ts'
import { mayPublish, mayRetain, maySubscribe } from '../../bridge/index.ts'
import type { Admission, BrokerPolicy, ConnectRequest } from '../../broker/index.ts'

/** The table of the bridge; who comes with the name of one of these, and its name as password, is it. */
export const tablePolicy = (
  identities: readonly Identity[],
  overrides: Partial<BrokerPolicy> = {},
): BrokerPolicy & { readonly asked: readonly ConnectRequest[] } => {
  const asked: ConnectRequest[] = []
  return {
    asked,
    admit: async (request): Promise<Admission> => {
      asked.push(request)
      const identity = identities.find(({ name }) => name === request.username)
      if (identity === undefined) return { ok: false, code: 5, reason: 'nobody of this name' }
      if (request.password !== identity.name) return { ok: false, code: 4, reason: 'a wrong password' }
      return { ok: true, identity }
    },
    mayPublish,
    mayRetain,
    maySubscribe,
    ...overrides,
  }
}

export const BOARD: Identity = { role: 'device', name: 'board' }
export const DASHBOARD: Identity = { role: 'dashboard', name: 'ann' }
export const OPERATOR: Identity = { role: 'operator', name: 'bob' }
export const ADMIN: Identity = { role: 'admin', name: 'eve' }

/** How an identity connects: its CONNECT's user name and password, and a client id. */
export const credentialsOf = ({ name }: Identity) => ({
  clientId: name,
  username: name,
  password: Buffer.from(name),
})

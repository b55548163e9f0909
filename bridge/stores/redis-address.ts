/**
 * Where Redis is, as REDIS_URL says it: one server, the nodes of a Redis Cluster, or the Sentinels that know which
 * server is the master now. One host of a list is enough to find the others; the list is for the day it is away.
 */

export interface HostPort {
  readonly host: string
  readonly port: number
}

interface Login {
  readonly username: string | undefined
  readonly password: string | undefined
}

export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string; readonly hosts: string; readonly login: Login }
  | {
      readonly kind: 'cluster'
      readonly hosts: string
      readonly login: Login
      readonly tls: boolean
      readonly nodes: readonly HostPort[]
    }
  | {
      readonly kind: 'sentinel'
      readonly hosts: string
      /** Of Redis itself. */
      readonly login: Login
      /** Of the Sentinels, when they ask for one. */
      readonly sentinelPassword: string | undefined
      readonly tls: boolean
      readonly sentinels: readonly HostPort[]
      /** Under which name the Sentinels watch it. */
      readonly master: string
      readonly db: number
    }

/** What REDIS_URL may look like, for messages. */
export const REDIS_URL_FORMS =
  'redis://user:password@host:6379/0, redis+cluster://user:password@host1:6379,host2:6379 or ' +
  'redis+sentinel://user:password@host1:26379,host2:26379/name-of-the-master/0 (rediss for TLS)'

const CLUSTER_PORT = 6379
const SENTINEL_PORT = 26_379

/**
 * Reads a `redis://`, `redis+cluster://` or `redis+sentinel://` address, or one with `rediss`. A Sentinel address
 * may end with `?sentinelPassword=…`. User and passwords may be percent-encoded, and must be where they hold one
 * of `/ ? # %`.
 *
 * @returns undefined for anything else
 */
export const parseRedisUrl = (url: string): RedisAddress | undefined => {
  try {
    return /^rediss?:/i.test(url) ? parseSingle(url) : parseList(url)
  } catch {
    // A percent sign that encodes nothing.
    return undefined
  }
}

const loginOf = (username: string, password: string): Login => ({
  username: username === '' ? undefined : decodeURIComponent(username),
  password: password === '' ? undefined : decodeURIComponent(password),
})

/**
 * An `@` behind the host is refused: it comes from a password that was not percent-encoded, and such a URL reads as
 * another host with half of the password in its path.
 */
const parseSingle = (url: string): RedisAddress | undefined => {
  if (!URL.canParse(url)) return undefined
  const { host, username, password, pathname, search, hash } = new URL(url)
  if (host === '' || `${pathname}${search}${hash}`.includes('@')) return undefined
  return { kind: 'single', url, hosts: host, login: loginOf(username, password) }
}

const LIST =
  /^(rediss?)\+(cluster|sentinel):\/\/(?:([^\s/?#]*)@)?([^\s@/?#]+)(\/[^\s@?#]*)?(?:\?([^\s@#]*))?$/i

const parseList = (url: string): RedisAddress | undefined => {
  const [whole, scheme = '', kind = '', user = '', hosts = '', path = '', query = ''] = LIST.exec(url) ?? []
  if (whole === undefined) return undefined
  const colon = user.indexOf(':')
  const login = colon < 0 ? loginOf(user, '') : loginOf(user.slice(0, colon), user.slice(colon + 1))
  const common = { hosts, login, tls: scheme.toLowerCase() === 'rediss' }
  if (kind.toLowerCase() === 'sentinel') return parseSentinel(common, path, query)
  const nodes = hostsOf(hosts, CLUSTER_PORT)
  // A Redis Cluster has one database only, number 0.
  return nodes === undefined || path.length > 1 || query !== ''
    ? undefined
    : { kind: 'cluster', ...common, nodes }
}

const MASTER_PATH = /^\/([^/]+)(?:\/(\d{1,4})?)?$/
const SENTINEL_QUERY = /^sentinelPassword=([^&]+)$/

const parseSentinel = (
  common: { readonly hosts: string; readonly login: Login; readonly tls: boolean },
  path: string,
  query: string,
): RedisAddress | undefined => {
  const sentinels = hostsOf(common.hosts, SENTINEL_PORT)
  const named = MASTER_PATH.exec(path)
  const asked = SENTINEL_QUERY.exec(query)
  if (sentinels === undefined || named === null || (query !== '' && asked === null)) return undefined
  const sentinelPassword = asked === null ? undefined : decodeURIComponent(asked[1] ?? '')
  const master = decodeURIComponent(named[1] ?? '')
  return { kind: 'sentinel', ...common, sentinelPassword, sentinels, master, db: Number(named[2] ?? 0) }
}

const HOST_PORT = /^(\[[0-9a-f:.]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/i

/** Undefined when one of them is no host, or no port. */
const hostsOf = (list: string, defaultPort: number): readonly HostPort[] | undefined => {
  const found = list.split(',').map((one): HostPort | undefined => {
    const [, host = '', port] = HOST_PORT.exec(one) ?? []
    const number = Number(port ?? defaultPort)
    return host === '' || number < 1 || number > 65_535
      ? undefined
      : { host: host.replace(/^\[|\]$/g, ''), port: number }
  })
  return found.every((one) => one !== undefined) ? found : undefined
}

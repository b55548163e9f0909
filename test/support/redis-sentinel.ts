/** Sentinels of the test's own, that watch a master and its replica on the loopback. */
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { eventually } from './eventually.ts'
import { freePort, killRedis, launchRedis } from './redis.ts'

export interface TestSentinels {
  /** `redis+sentinel://` with all Sentinels. */
  readonly url: string
  readonly sentinelPorts: readonly number[]
  /** Of the server that is the master now, as the first Sentinel says. */
  masterPort(): Promise<number>
  /** Kills the master as a crash would: the Sentinels make the replica the master. */
  killMaster(): Promise<void>
  /** Has the two change roles while both run; resolves when the Sentinel says who is the master now. */
  failOver(): Promise<void>
  killSentinels(): Promise<void>
  reviveSentinels(): Promise<void>
  stop(): Promise<void>
}

const SENTINELS = 2
const NAME = 'sluice-master'

interface Passwords {
  /** Of Redis. */
  readonly password?: string
  /** Of the Sentinels. */
  readonly sentinelPassword?: string
}

const confOf = (masterPort: number, { password, sentinelPassword }: Passwords): string =>
  [
    'bind 127.0.0.1',
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${NAME} 500`,
    `sentinel failover-timeout ${NAME} 3000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
    '',
  ].join('\n')

const ask = async (
  port: number,
  password: string | undefined,
  command: readonly [string, ...string[]],
): Promise<unknown> => {
  const login = password === undefined ? {} : { password }
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null, ...login })
  redis.on('error', () => {})
  // Sentinels know no SELECT and answer INFO in their own way.
  redis.options.enableReadyCheck = false
  try {
    await redis.connect()
    const [name, ...args] = command
    return await redis.call(name, ...args)
  } finally {
    redis.disconnect()
  }
}

/** Resolves when the Sentinels know of the replica, so that there is one to fail over to. */
export const startSentinels = async (passwords: Passwords = {}): Promise<TestSentinels> => {
  const { password, sentinelPassword } = passwords
  const folder = await mkdtemp(join(tmpdir(), 'sluice-sentinel-'))
  const auth = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const plain = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', ...auth]
  const servers = new Map<number, ChildProcess>()
  const sentinels = new Map<number, ChildProcess>()
  const confs = new Map<number, string>()
  const launchSentinel = async (port: number): Promise<void> => {
    sentinels.set(port, await launchRedis(port, [confs.get(port) ?? '', '--sentinel']))
  }
  const killSentinels = async (): Promise<void> => {
    await Promise.all([...sentinels.values()].map(killRedis))
  }
  const stop = async (): Promise<void> => {
    await killSentinels()
    await Promise.all([...servers.values()].map(killRedis))
    await rm(folder, { recursive: true, force: true })
  }
  const askSentinel = (...command: readonly [string, ...string[]]): Promise<unknown> =>
    ask([...sentinels.keys()][0] ?? 0, sentinelPassword, command)
  const masterPort = async (): Promise<number> => {
    const [, port] = (await askSentinel('SENTINEL', 'get-master-addr-by-name', NAME)) as readonly string[]
    return Number(port)
  }
  try {
    const first = await freePort()
    servers.set(first, await launchRedis(first, plain))
    const second = await freePort()
    servers.set(second, await launchRedis(second, [...plain, '--replicaof', '127.0.0.1', `${first}`]))
    await eventually(
      async () => /master_link_status:up/.test(String(await ask(second, password, ['INFO']))),
      20_000,
    )
    for (let number = 0; number < SENTINELS; number++) {
      const port = await freePort()
      const conf = join(folder, `sentinel-${number}.conf`)
      await writeFile(conf, confOf(first, passwords))
      confs.set(port, conf)
      await launchSentinel(port)
    }
    await eventually(async () => {
      const known = await askSentinel('SENTINEL', 'replicas', NAME)
      return JSON.stringify(known).includes(`${second}`) && /"slave"/.test(JSON.stringify(known))
    }, 30_000)
  } catch (error) {
    await stop()
    throw error
  }
  const ports = [...sentinels.keys()]
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  const query =
    sentinelPassword === undefined ? '' : `?sentinelPassword=${encodeURIComponent(sentinelPassword)}`
  return {
    url: `redis+sentinel://${login}${ports.map((port) => `127.0.0.1:${port}`).join(',')}/${NAME}/0${query}`,
    sentinelPorts: ports,
    masterPort,
    killMaster: async () => {
      const server = servers.get(await masterPort())
      if (server !== undefined) await killRedis(server)
    },
    failOver: async () => {
      const before = await masterPort()
      // Refused until the Sentinel has looked at the replica once more.
      await eventually(async () => (await askSentinel('SENTINEL', 'failover', NAME)) === 'OK', 30_000)
      await eventually(async () => (await masterPort()) !== before, 30_000)
    },
    killSentinels,
    reviveSentinels: async () => {
      for (const port of ports) await launchSentinel(port)
    },
    stop,
  }
}

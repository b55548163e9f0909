import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { eventually } from './eventually.ts'

/** A Redis of the test's own, on the loopback only. */
export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Kills it as a crash would; what it held is gone, unless it keeps it in a folder. */
  kill(): Promise<void>
  /** Ends it in order: what it keeps in a folder is synced. */
  terminate(): Promise<void>
  /** Starts it again on the same port. */
  restart(): Promise<void>
  /** Makes it hang without closing a connection, and go on. */
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

export interface TestRedisOptions {
  /** Demanded of every client. */
  readonly password?: string
  /** Absent: any free one. */
  readonly port?: number
  /** Where it keeps what it is told, synced once a second; absent: nothing is kept. */
  readonly folder?: string
}

/** Starts a private redis-server. */
export const startRedis = async (options: TestRedisOptions = {}): Promise<TestRedis> => {
  const port = options.port ?? (await freePort())
  let server = await launch(port, options)
  const auth = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`

  const kill = (): Promise<void> => endRedis(server, 'SIGKILL')

  return {
    url: `redis://${auth}127.0.0.1:${port}`,
    port,
    kill,
    terminate: () => endRedis(server, 'SIGTERM'),
    restart: async () => {
      await kill()
      server = await launch(port, options)
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    stop: kill,
  }
}

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const launch = (port: number, { password, folder }: TestRedisOptions): Promise<ChildProcess> => {
  const kept = folder === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--dir', folder]
  const auth = password === undefined ? [] : ['--requirepass', password]
  return launchRedis(port, ['--bind', '127.0.0.1', '--save', '', ...kept, ...auth])
}

/** Starts a redis-server on this port of the loopback, with these arguments; resolves when it answers. */
export const launchRedis = async (port: number, args: readonly string[]): Promise<ChildProcess> => {
  const server = spawn('redis-server', [...args, '--port', `${port}`], { stdio: 'ignore' })
  const failed = new Promise<never>((_resolve, reject) => {
    server.once('error', (error) => reject(new Error('redis-server cannot be started', { cause: error })))
    server.once('exit', (code) => reject(new Error(`redis-server ended at once with code ${code}`)))
  })
  failed.catch(() => {})
  await Promise.race([eventually(() => answers(port)), failed])
  return server
}

/** Kills it as a crash would; resolves when it is gone. */
export const killRedis = (server: ChildProcess): Promise<void> => endRedis(server, 'SIGKILL')

const endRedis = async (server: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill(signal)
  await gone
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', () => end(true))
    socket.once('error', () => end(false))
  })

/**
 * A Mosquitto of the test's own, on the files in mosquitto-compat/. Of mosquitto.conf only the three `listener` lines
 * are changed, to free ports of loopback, and what a test asks for by name; of bridge.conf the three lines that it
 * says are the reader's.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './redis.ts'
import { makeTestCa } from './test-ca.ts'

const SHIPPED = 'mosquitto-compat'
const EVERYONE_READS = 0o755
const EVERYONE_WRITES = 0o777

export interface MosquittoFolder {
  readonly path: string
  /** The CA that its server certificate is of. */
  readonly cafile: string
  remove(): Promise<void>
}

export interface ShippedMosquitto {
  readonly ports: { readonly mqtt: number; readonly tls: number; readonly webSocket: number }
  /** Makes it read passwd and acl anew. */
  reload(): Promise<void>
  /** Ends it as a crash would. */
  kill(): Promise<void>
  /** Ends it in order: what is kept is written. */
  stop(): Promise<void>
  /** Starts it again on the same ports. */
  start(): Promise<void>
}

export interface MosquittoOptions {
  /** Lines of mosquitto.conf that this test has otherwise, by their first word. */
  readonly settings?: Readonly<Record<string, string>>
  /** Lines that come behind it. */
  readonly more?: string
}

/** Started by root, Mosquitto becomes another user, who must be able to read it all. */
const openForMosquitto = async (folder: string): Promise<void> => {
  await chmod(folder, EVERYONE_READS)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await chmod(join(entry.parentPath, entry.name), EVERYONE_READS)
  }
  await chmod(join(folder, 'data'), EVERYONE_WRITES)
}

/** A folder as the head of mosquitto.conf says to make it, with the shipped access list and no passwords. */
export const freshMosquittoFolder = async (): Promise<MosquittoFolder> => {
  const path = await mkdtemp(join(tmpdir(), 'sluice-mosquitto-'))
  await mkdir(join(path, 'data'))
  await cp(join(SHIPPED, 'acl'), join(path, 'acl'))
  await writeFile(join(path, 'passwd'), '')
  await makeTestCa('--out', join(path, 'tls'))
  return {
    path,
    cafile: join(path, 'tls', 'ca.crt'),
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

const changed = (conf: string, first: string, line: string): string => {
  const found = new RegExp(`^${first}(?= |$).*$`, 'm')
  if (!found.test(conf)) throw new Error(`the shipped file has no line that begins with ${first}`)
  return conf.replace(found, () => line)
}

/** The shipped settings with other lines, by their first words. */
export const shippedConf = async (file: string, lines: Readonly<Record<string, string>>): Promise<string> =>
  Object.entries(lines).reduce(
    (conf, [first, line]) => changed(conf, first, line),
    await readFile(join(SHIPPED, file), 'utf8'),
  )

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const launch = async (folder: string, ports: readonly number[]): Promise<ChildProcess> => {
  await openForMosquitto(folder)
  const child = spawn('mosquitto', ['-c', 'mosquitto.conf'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: ${said}`)
    return (await Promise.all(ports.map(answers))).every(Boolean)
  })
  return child
}

/** Starts Mosquitto in this folder. */
export const startShippedMosquitto = async (
  { path }: MosquittoFolder,
  { settings = {}, more = '' }: MosquittoOptions = {},
): Promise<ShippedMosquitto> => {
  const ports = { mqtt: await freePort(), tls: await freePort(), webSocket: await freePort() }
  const conf = await shippedConf('mosquitto.conf', {
    'listener 1883': `listener ${ports.mqtt} 127.0.0.1`,
    'listener 8883': `listener ${ports.tls} 127.0.0.1`,
    'listener 9001': `listener ${ports.webSocket} 127.0.0.1`,
    ...settings,
  })
  await writeFile(join(path, 'mosquitto.conf'), `${conf}\n${more}`)
  const start = (): Promise<ChildProcess> => launch(path, Object.values(ports))
  let child = await start()

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  return {
    ports,
    reload: async () => {
      await openForMosquitto(path)
      child.kill('SIGHUP')
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start: async () => {
      child = await start()
    },
  }
}

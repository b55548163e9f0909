/** Devices and users made with the CLI, and a Mosquitto on the shipped files that knows them by the export. */
import mqtt from 'mqtt'
import { sluice } from './cli.ts'
import { type MigratedDatabase, migratedDatabase } from './postgres-stores.ts'
import {
  freshMosquittoFolder,
  type MosquittoFolder,
  type MosquittoOptions,
  type ShippedMosquitto,
  startShippedMosquitto,
} from './shipped-mosquitto.ts'

export interface Login {
  readonly name: string
  readonly secret: string
}

export interface MosquittoWorld {
  readonly database: MigratedDatabase
  readonly folder: MosquittoFolder
  readonly mosquitto: ShippedMosquitto
  /** Runs `sluice`; rejects unless it ends with 0. */
  command(...words: readonly string[]): Promise<string>
  addDevice(name: string): Promise<Login>
  addUser(name: string, role: string): Promise<Login>
  /** Writes the files and has Mosquitto read them. */
  exportAgain(): Promise<void>
  end(): Promise<void>
}

/** `fill` makes the first credentials, which are exported before Mosquitto starts; `options` are asked for after it. */
export const mosquittoWorld = async (
  fill: (add: Pick<MosquittoWorld, 'addDevice' | 'addUser'>) => Promise<unknown>,
  options: (databaseUrl: string) => Promise<MosquittoOptions> | MosquittoOptions = () => ({}),
): Promise<MosquittoWorld> => {
  const database = await migratedDatabase()
  const folder = await freshMosquittoFolder()
  const command = async (...words: readonly string[]): Promise<string> => {
    const env = { DATABASE_URL: database.url, HOST: '127.0.0.1' }
    const { code, out, err } = await sluice(words, { env })
    if (code !== 0) throw new Error(`sluice ${words.join(' ')} ended with ${code}: ${err}`)
    return out
  }
  const login = async (name: string, ...words: readonly string[]): Promise<Login> => {
    const { secret } = JSON.parse(await command(...words, '--json')) as { secret: string }
    return { name, secret }
  }
  const addDevice = (name: string): Promise<Login> => login(name, 'device', 'add', name)
  const addUser = (name: string, role: string): Promise<Login> =>
    login(name, 'user', 'add', name, '--role', role)
  const exportFiles = (): Promise<string> => command('device', 'export', '--mosquitto', folder.path)
  const removeAll = async (): Promise<void> => {
    await folder.remove()
    await database.drop()
  }
  try {
    await fill({ addDevice, addUser })
    // The shipped access list is in its place: it is one that the export knows as its own.
    await exportFiles()
    const mosquitto = await startShippedMosquitto(folder, await options(database.url))
    return {
      database,
      folder,
      mosquitto,
      command,
      addDevice,
      addUser,
      exportAgain: async () => {
        await exportFiles()
        await mosquitto.reload()
      },
      end: async () => {
        await mosquitto.stop()
        await removeAll()
      },
    }
  } catch (error) {
    await removeAll()
    throw error
  }
}

export interface TestClient {
  readonly client: mqtt.MqttClient
  /** Topics of what came, in order. */
  readonly topics: readonly string[]
  /** The same with payload and retain flag. */
  readonly messages: readonly { readonly topic: string; readonly payload: string; readonly retain: boolean }[]
}

/** A client of this name; rejects when it is refused. The caller ends it. */
export const connectAs = async (
  port: number,
  { name, secret }: Login,
  options: mqtt.IClientOptions = {},
): Promise<TestClient> => {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    clientId: name,
    username: name,
    password: secret,
    reconnectPeriod: 0,
    ...options,
  })
  // Before it is connected: what waits for a session comes right behind the CONNACK.
  const messages: { topic: string; payload: string; retain: boolean }[] = []
  const topics: string[] = []
  client.on('message', (topic, payload, { retain }) => {
    topics.push(topic)
    messages.push({ topic, payload: payload.toString(), retain })
  })
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
  })
  client.on('error', () => {})
  return { client, topics, messages }
}

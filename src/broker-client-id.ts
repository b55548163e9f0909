/**
 * The client id under which an external broker keeps our session, and in it what waits for us: made once and kept in
 * DATA_DIR, so that it is the same after each start and goes with the spool that the messages belong to. Beside it is
 * where it was let in last: only that broker can have lost a session of ours.
 */
import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { BridgeError } from '../bridge/index.ts'
import { errorCode } from './error-code.ts'

export interface BrokerClientId {
  readonly clientId: string
  /** The broker has let it in before. */
  readonly isKnown: boolean
  /** The broker has let it in. */
  remember(): Promise<void>
}

const FILE = 'broker-client-id'
const SESSION_FILE = 'broker-session'
/** With the name in front 20 characters: up to 23 letters and digits every broker takes [MQTT-3.1.3-5]. */
const RANDOM_BYTES = 7
const VALID = /^[0-9A-Za-z]{1,23}$/

/** Whole, or as it was before; also after a power cut. */
const write = async (dataDir: string, name: string, text: string): Promise<void> => {
  const path = join(dataDir, name)
  const half = `${path}.new`
  const file = await open(half, 'w', 0o600)
  try {
    await file.writeFile(`${text}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, path)
  // Until then the new name may be lost, and with it the session.
  const folder = await open(dataDir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const read = async (dataDir: string, name: string): Promise<string | undefined> => {
  try {
    return (await readFile(join(dataDir, name), 'utf8')).trim()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

const kept = async (dataDir: string): Promise<string> => {
  const known = await read(dataDir, FILE)
  if (known !== undefined && VALID.test(known)) return known
  if (known !== undefined)
    throw new BridgeError(
      'CLIENT_ID_FILE',
      `${join(dataDir, FILE)} holds no client id, and under another one what waits at the broker would not come: restore it, or set BROKER_CLIENT_ID, or remove the file to begin anew`,
    )
  const clientId = `sluice${randomBytes(RANDOM_BYTES).toString('hex')}`
  await write(dataDir, FILE, clientId)
  return clientId
}

/**
 * Reads it from the folder, which must be there, or makes it. `given` goes before both, and is not kept.
 *
 * @param address - of the broker, without credentials
 * @throws CLIENT_ID_FILE when the file is there and holds something else
 */
export const brokerClientId = async (
  dataDir: string,
  { given, address }: { readonly given: string | undefined; readonly address: string },
): Promise<BrokerClientId> => {
  const clientId = given ?? (await kept(dataDir))
  const session = `${clientId} ${address}`
  const isKnown = (await read(dataDir, SESSION_FILE)) === session
  const remember = async (): Promise<void> => {
    if (!isKnown) await write(dataDir, SESSION_FILE, session)
  }
  return { clientId, isKnown, remember }
}

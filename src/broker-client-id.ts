/**
 * The client id under which an external broker keeps our session, and in it what waits for us: made once and kept in
 * DATA_DIR, so that it is the same after each start and goes with the spool that the messages belong to.
 */
import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './error-code.ts'

export interface BrokerClientId {
  readonly clientId: string
  /** The broker has heard of it before. */
  readonly isKnown: boolean
}

const FILE = 'broker-client-id'
/** With the name in front 20 characters: up to 23 letters and digits every broker takes [MQTT-3.1.3-5]. */
const RANDOM_BYTES = 7
const VALID = /^[0-9A-Za-z]{1,23}$/

const write = async (path: string, clientId: string): Promise<void> => {
  const half = `${path}.new`
  const file = await open(half, 'w', 0o600)
  try {
    await file.writeFile(`${clientId}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, path)
}

const read = async (path: string): Promise<string | undefined> => {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    return VALID.test(text) ? text : undefined
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Reads it from the folder, which must be there, or makes it. `given` goes before both, and is not kept. */
export const brokerClientId = async (dataDir: string, given: string | undefined): Promise<BrokerClientId> => {
  if (given !== undefined) return { clientId: given, isKnown: false }
  const path = join(dataDir, FILE)
  const known = await read(path)
  if (known !== undefined) return { clientId: known, isKnown: true }
  const clientId = `sluice${randomBytes(RANDOM_BYTES).toString('hex')}`
  await write(path, clientId)
  return { clientId, isKnown: false }
}

import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Random } from './random.ts'

/**
 * Below the ports that the system hands out for port 0 and for outgoing connections (from 32768): while the server of
 * this port is down, nobody else is given it.
 */
const LOWEST = 20_000
const HIGHEST = 32_000
const TRIES = 50

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** A port on loopback that is free now, and stays so for a server that comes and goes. */
export const lastingPort = async (random: Random): Promise<number> => {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const port = random.whole(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`)
}

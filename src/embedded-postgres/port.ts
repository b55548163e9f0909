import { createServer } from 'node:net'
import { embeddedFailure } from './failure.ts'

/** The preferred port when nobody has it, else any free one, on loopback. */
export const freePort = async (preferred: number | undefined): Promise<number> => {
  const port = (preferred === undefined ? undefined : await tryPort(preferred)) ?? (await tryPort(0))
  if (port === undefined) throw embeddedFailure('No free TCP port on 127.0.0.1 for the embedded Postgres.')
  return port
}

const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })

/** The port of an earlier start; undefined when the text is not such a URL. */
export const portOf = (url: string | undefined): number | undefined => {
  if (url === undefined || !URL.canParse(url.trim())) return undefined
  const port = Number(new URL(url.trim()).port)
  return Number.isInteger(port) && port > 0 ? port : undefined
}

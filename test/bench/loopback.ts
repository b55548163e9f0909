import { connect, createServer } from 'node:net'

export const HOST = '127.0.0.1'

/** A port that was free a moment ago: for programs that cannot choose one themselves. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, HOST, () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })

const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: HOST, port })
    const answer = (accepted: boolean) => () => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', answer(true)).once('error', answer(false))
  })

/** Resolves once the port takes connections. */
export const accepts = async (port: number): Promise<void> => {
  while (!(await connects(port))) await new Promise((resolve) => setTimeout(resolve, 50))
}

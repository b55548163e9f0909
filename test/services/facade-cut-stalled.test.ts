import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { cutWhenStalled } from '../../src/facade/http/cut-stalled.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'

const cleanup = useCleanups()
const STALL_MS = 20

/** An answer under way, and its client, which reads nothing yet. */
const open = async (): Promise<{ response: ServerResponse; client: Socket }> => {
  const server = createServer()
  cleanup(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  cleanup(() => client.destroy())
  client.on('error', () => client.destroy())
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [, response] = await once(server, 'request')
  cutWhenStalled(response, STALL_MS)
  return { response, client }
}

test('a client that takes nothing of what is on its way is cut', async () => {
  const { response } = await open()
  response.write(Buffer.alloc(32_000_000))
  await once(response, 'close')
  expect(response.writableFinished).toBe(false)
})

test('a client that nothing is on its way to stays, and is cut when it stalls later', async () => {
  const { response } = await open()
  let timeouts = 0
  response.on('timeout', () => {
    timeouts += 1
  })
  response.write('x')
  await eventually(() => timeouts >= 3)
  expect(response.destroyed).toBe(false)
  response.write(Buffer.alloc(32_000_000))
  await once(response, 'close')
})

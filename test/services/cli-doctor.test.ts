/** The doctor where nothing listens, and where something else does. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { sluice } from '../support/cli.ts'

const later = useCleanups()

const listen = async (): Promise<{ readonly server: Server; readonly port: number }> => {
  const server = createServer((_request, response) => response.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

test('where nothing listens both ports fail with what to do, and all behind them is skipped', async () => {
  const { server, port } = await listen()
  await new Promise((resolve) => server.close(resolve))
  const line = `doctor --url http://127.0.0.1:${port} --mqtt mqtt://127.0.0.1:${port}`
  const { code, out } = await sluice(line.split(' '))
  expect(code).toBe(1)
  expect(out).toMatch(/failed {3}HTTP health .*does not answer.*\n +→ start Sluice/)
  expect(out).toMatch(/failed {3}TCP port .*nothing listens at mqtt:.*\n +→ start Sluice/)
  expect(out.match(/^failed/gm)).toHaveLength(2)
  expect(out.match(/^skipped/gm)).toHaveLength(10)
})

test('a port that is another program is told as such', async () => {
  const { port } = await listen()
  const line = `doctor --url http://127.0.0.1:${port} --mqtt mqtt://127.0.0.1:${port}`
  const { code, out } = await sluice(line.split(' '))
  expect(code).toBe(1)
  expect(out).toMatch(/failed {3}HTTP health .*is not Sluice\n +→ check the port/)
  expect(out).toMatch(/ok {7}TCP port/)
  expect(out).toMatch(/failed {3}MQTT login .*\n +→ check that the port is MQTT_PORT/)
})

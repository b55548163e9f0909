import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { HAPROXY_CONFIG, HAPROXY_TLS_CONFIG, haproxyProgram, startHaproxy } from '../support/haproxy.ts'
import { startHttpService } from '../support/http-service.ts'

const cleanup = useCleanups()
const run = promisify(execFile)

/** Every name that the files look up, so that nothing depends on where the test runs. */
const LOOPBACK = Object.fromEntries(
  [1, 2, 3].flatMap((node) =>
    ['MQTT', 'HTTP', 'MQTTS', 'HTTPS'].map((what) => [`NODE${node}_${what}`, '127.0.0.1:1'] as const),
  ),
)

test.each([
  ['without TLS', [HAPROXY_CONFIG]],
  ['with TLS', [HAPROXY_CONFIG, HAPROXY_TLS_CONFIG]],
])('HAProxy finds nothing wrong with the shipped configuration, %s', async (_which, files) => {
  const args = ['-c', '-V', ...files.flatMap((file) => ['-f', file])]
  const { stdout, stderr } = await run(await haproxyProgram(), args, { env: LOOPBACK })
  expect(`${stdout}${stderr}`).toMatch(/Configuration file is valid/)
  expect(`${stdout}${stderr}`).not.toMatch(/WARNING|ALERT/)
})

/** Three "nodes" whose health is what `status` says; their MQTT port is the same. */
const threeNodes = async () => {
  const health = { status: 200 }
  const ports = []
  for (let node = 0; node < 3; node++) {
    const service = await startHttpService((_request, response) =>
      response.writeHead(node === 0 ? health.status : 200).end('{}'),
    )
    cleanup(service.close)
    const port = Number(new URL(service.url).port)
    ports.push({ mqtt: port, http: port })
  }
  const [a, b, c] = ports
  if (a === undefined || b === undefined || c === undefined) throw new Error('no ports')
  return { health, nodes: [a, b, c] as const }
}

test('a node that is not ready gets no HTTP any more, and MQTT as long as its port is open', async () => {
  const { health, nodes } = await threeNodes()
  const proxy = await startHaproxy({ nodes })
  cleanup(proxy.stop)
  const state = async (server: string) => (await proxy.states()).get(server)?.split(' ')[0]
  await eventually(async () => (await state('http_nodes/node1')) === 'UP', 15_000)
  health.status = 503
  await eventually(async () => (await state('http_nodes/node1')) === 'DOWN', 15_000)
  expect(await state('mqtt_nodes/node1')).toBe('UP')
  health.status = 200
  await eventually(async () => (await state('http_nodes/node1')) === 'UP', 15_000)
}, 60_000)

test('no more connections of one address are let in than MAX_PER_ADDRESS', async () => {
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  cleanup(() => echo.close())
  const { port } = echo.address() as AddressInfo
  const node = { mqtt: port, http: port }
  const proxy = await startHaproxy({ nodes: [node, node, node], maxPerAddress: 2 })
  cleanup(proxy.stop)
  const open = (): Promise<'let in' | 'refused'> => {
    const socket = connect(proxy.mqttPort, '127.0.0.1')
    cleanup(() => socket.destroy())
    socket.on('error', () => {})
    socket.write('hello')
    return new Promise((resolve) => {
      socket.once('data', () => resolve('let in'))
      socket.once('close', () => resolve('refused'))
    })
  }
  expect([await open(), await open(), await open()]).toEqual(['let in', 'let in', 'refused'])
})

test('an address with more than five wrong logins in a minute is turned away before it reaches a node', async () => {
  let asked = 0
  const service = await startHttpService((request, response) => {
    const isCheck = request.url === '/health'
    if (!isCheck) asked += 1
    response.writeHead(isCheck ? 200 : 401).end('{}')
  })
  cleanup(service.close)
  const port = Number(new URL(service.url).port)
  const node = { mqtt: port, http: port }
  const proxy = await startHaproxy({ nodes: [node, node, node] })
  cleanup(proxy.stop)
  const statuses: number[] = []
  for (let login = 0; login < 8; login++)
    statuses.push((await fetch(`http://127.0.0.1:${proxy.httpPort}/api/v1/devices`)).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429])
  expect(asked).toBe(6)
})

import { expect, test } from '@jest/globals'
import { createDeviceClients } from '../../../../bridge/pipeline/device-clients.ts'
import { deviceId } from './spooled.ts'

const createRig = () => {
  const told: string[] = []
  const clients = createDeviceClients({
    connected: (id) => told.push(`+${id}`),
    disconnected: (id) => told.push(`-${id}`),
  })
  return { told, clients }
}

test('a device is connected by the first message of its client, and disconnected with it', () => {
  const { told, clients } = createRig()
  clients.speaks('c', deviceId('a'))
  clients.speaks('c', deviceId('a'))
  clients.gone('c')
  expect(told).toEqual(['+a', '-a'])
})

test('a gateway speaks for many devices, and all end with it', () => {
  const { told, clients } = createRig()
  clients.speaks('gateway', deviceId('a'))
  clients.speaks('gateway', deviceId('b'))
  clients.gone('gateway')
  expect(told).toEqual(['+a', '+b', '-a', '-b'])
})

test('a client that nobody spoke by ends without a word', () => {
  const { told, clients } = createRig()
  clients.gone('stranger')
  expect(told).toEqual([])
})

test('the end of an older connection does not disconnect a board that came back under another client id', () => {
  const { told, clients } = createRig()
  clients.speaks('old', deviceId('a'))
  clients.speaks('new', deviceId('a'))
  clients.gone('old')
  expect(told).toEqual(['+a', '+a'])
  clients.gone('new')
  expect(told).toEqual(['+a', '+a', '-a'])
})

test('a device whose second speaker went is connected again by the next message of its first', () => {
  const { told, clients } = createRig()
  clients.speaks('first', deviceId('a'))
  clients.speaks('second', deviceId('a'))
  clients.gone('second')
  expect(told.at(-1)).toBe('-a')
  clients.speaks('first', deviceId('a'))
  expect(told.at(-1)).toBe('+a')
  clients.gone('first')
  expect(told.at(-1)).toBe('-a')
})

test('a client that comes back is linked anew', () => {
  const { told, clients } = createRig()
  clients.speaks('c', deviceId('a'))
  clients.gone('c')
  clients.speaks('c', deviceId('a'))
  expect(told).toEqual(['+a', '-a', '+a'])
})

test('one client is linked to no more than 10,000 devices', () => {
  const { told, clients } = createRig()
  for (let index = 0; index < 10_010; index += 1) clients.speaks('flood', deviceId(`d${index}`))
  expect(told).toHaveLength(10_000)
  clients.gone('flood')
  expect(told).toHaveLength(20_000)
})

test('a device has a client for as long as one that speaks for it is connected', () => {
  const { clients } = createRig()
  expect(clients.has(deviceId('a'))).toBe(false)
  clients.speaks('c', deviceId('a'))
  clients.speaks('d', deviceId('a'))
  clients.gone('c')
  expect(clients.has(deviceId('a'))).toBe(true)
  clients.gone('d')
  expect(clients.has(deviceId('a'))).toBe(false)
})

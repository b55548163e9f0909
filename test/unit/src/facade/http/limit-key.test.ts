import { expect, test } from '@jest/globals'
import type { FastifyRequest } from 'fastify'
import { limitKeyOf } from '../../../../../src/facade/http/rate-limit.ts'

const request = (fields: object): FastifyRequest =>
  ({
    method: 'POST',
    headers: {},
    params: {},
    query: {},
    body: undefined,
    ip: '10.0.0.1',
    ...fields,
  }) as FastifyRequest

test.each([
  ['the header', { headers: { 'device-id': 'a' }, body: { deviceId: 'b' } }, 'writes of device a'],
  ['the other header', { headers: { 'x-device-id': 'a' } }, 'writes of device a'],
  ['the path', { params: { deviceId: 'a' } }, 'writes of device a'],
  ['the query', { method: 'GET', query: { deviceId: 'a' } }, 'reads of device a'],
  ['the body', { body: { deviceId: 'a', id: 'b' } }, 'writes of device a'],
  ['the sketch’s body', { body: { id: 7 } }, 'writes of device 7'],
  ['an array', { body: [{ deviceId: 'a' }] }, 'writes of address 10.0.0.1'],
  ['no body', { body: null }, 'writes of address 10.0.0.1'],
  ['an id that is none', { method: 'HEAD', query: { deviceId: 'a/b' } }, 'reads of address 10.0.0.1'],
  ['two ids', { method: 'GET', query: { deviceId: ['a', 'b'] } }, 'reads of address 10.0.0.1'],
  ['an id that looks like the address', { body: { id: '10.0.0.1' } }, 'writes of device 10.0.0.1'],
])('a request that names a device by %s counts on one counter', (_name, fields, key) => {
  expect(limitKeyOf(request(fields))).toBe(key)
})

import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, test } from '@jest/globals'
import { readOn } from '../../../../../src/facade/http/read-on.ts'

const request = (): PassThrough & IncomingMessage => new PassThrough() as PassThrough & IncomingMessage

test('what is left of a body is read and thrown away', async () => {
  const body = request()
  readOn(body)
  body.end(Buffer.alloc(100_000))
  await finished(body)
  expect([body.readableEnded, body.errored]).toEqual([true, null])
})

test('a body that goes on is cut at the bound', async () => {
  const body = request()
  readOn(body, 1_000)
  body.write(Buffer.alloc(2_000))
  await expect(finished(body)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

test('a body that stands still is cut after the time', async () => {
  const body = request()
  readOn(body, 1_000, 1)
  await expect(finished(body)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

test('nothing is left of it once the sender went', () => {
  const body = request()
  body.destroy()
  readOn(body)
  expect(body.listenerCount('data')).toBe(0)
})

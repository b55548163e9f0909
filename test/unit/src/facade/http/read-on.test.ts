import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { expect, test } from '@jest/globals'
import { readOn } from '../../../../../src/facade/http/read-on.ts'

const request = (): PassThrough & IncomingMessage => new PassThrough() as PassThrough & IncomingMessage

const reading = (body: IncomingMessage, maxBytes = 1_000_000, maxMs = 60_000): Promise<void> =>
  new Promise((done) => readOn(body, done, { maxBytes, maxMs }))

test('what is left of a body is read and thrown away', async () => {
  const body = request()
  const done = reading(body)
  body.end(Buffer.alloc(100_000))
  await done
  expect(body.readableEnded).toBe(true)
})

test('a body that goes on is read no further than the bound', async () => {
  const body = request()
  const done = reading(body, 1_000)
  body.write(Buffer.alloc(2_000))
  await done
  expect(body.readableEnded).toBe(false)
  expect(body.listenerCount('data')).toBe(0)
})

test('a body that stands still is not waited for', async () => {
  const body = request()
  await reading(body, 1_000, 1)
  expect(body.listenerCount('data')).toBe(0)
})

test('a sender that went is not waited for', async () => {
  const body = request()
  const done = reading(body)
  body.destroy()
  await done
  await reading(body)
  expect(body.listenerCount('data')).toBe(0)
})

import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { createBodyBudget } from '../../../../../src/facade/http/body-budget.ts'
import { gatherBody, gatherFile } from '../../../../../src/facade/http/gather-body.ts'

const MIB = 1_048_576
const BOUNDS = { maxBytes: MIB }

/** A request whose body a test writes. */
const requestOf = (headers: { readonly [name: string]: string } = {}) => {
  const body = Object.assign(new PassThrough({ highWaterMark: MIB }), { headers })
  return { body, request: body as unknown as IncomingMessage }
}

describe('a body', () => {
  test('of pieces of one byte is put together as it was sent', async () => {
    const { body, request } = requestOf()
    const gathered = gatherBody(request, createBodyBudget(MIB), BOUNDS)
    const sent = Buffer.from(Array.from({ length: 5_003 }, (_one, index) => index % 251))
    for (const byte of sent) body.write(Buffer.from([byte]))
    body.end()
    expect((await gathered).equals(sent)).toBe(true)
  })

  test('that falls silent while it holds memory is given up with 408, and holds none', async () => {
    const budget = createBodyBudget(MIB)
    const { body, request } = requestOf()
    const gathered = gatherBody(request, budget, { ...BOUNDS, silentMs: 1 })
    body.write(Buffer.alloc(100_000))
    await expect(gathered).rejects.toMatchObject({ statusCode: 408 })
    expect(budget.heldBytes).toBe(0)
  })

  test('whose sender has gone is a 400, also when it went before anyone read', async () => {
    const budget = createBodyBudget(MIB)
    const { body, request } = requestOf()
    const gathered = gatherBody(request, budget, BOUNDS)
    body.write(Buffer.alloc(100_000))
    body.destroy()
    await expect(gathered).rejects.toMatchObject({ statusCode: 400 })
    await expect(gatherBody(request, budget, BOUNDS)).rejects.toMatchObject({ statusCode: 400 })
    expect(budget.heldBytes).toBe(0)
  })

  test.each([
    ['that says it is too large', { 'content-length': String(MIB + 1) }, 0],
    ['that turns out too large', {}, MIB + 1],
  ])('%s is a 413', async (_name, headers, bytes) => {
    const budget = createBodyBudget(MIB * 4)
    const { body, request } = requestOf(headers)
    const gathered = gatherBody(request, budget, BOUNDS)
    body.write(Buffer.alloc(bytes + 1))
    await expect(gathered).rejects.toMatchObject({ statusCode: 413 })
    expect(budget.heldBytes).toBe(0)
  })
})

describe('a file of a form', () => {
  test('that finds no room is read to its end all the same', async () => {
    const budget = createBodyBudget(100_000)
    const { body, request } = requestOf()
    body.write(Buffer.alloc(100_001))
    body.end(Buffer.alloc(100_001))
    await expect(gatherFile(body, budget.accountOf(request))).rejects.toMatchObject({ statusCode: 503 })
    expect([body.readableEnded, budget.heldBytes, budget.refused]).toEqual([true, 0, 1])
  })

  test('that falls silent is given up with 408', async () => {
    const budget = createBodyBudget(MIB)
    const { body, request } = requestOf()
    body.write(Buffer.alloc(100_000))
    const gathered = gatherFile(body, budget.accountOf(request), 1)
    await expect(gathered).rejects.toMatchObject({ statusCode: 408 })
  })
})

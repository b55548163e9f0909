/** Sockets that the facade hands over: pages of strangers do not get through to them. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { startFacade } from '../support/facade-services.ts'

const cleanup = useCleanups()

const start = async (allowedOrigins: readonly string[] = []) => {
  const { facade, world } = await startFacade({ allowedOrigins })
  cleanup(() => facade.stop())
  facade.onUpgrade('/mqtt', (_request, stream) => stream.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  const port = facade.address?.port ?? 0
  const ask = async (headers: Readonly<Record<string, string>>): Promise<string> => {
    const lines = Object.entries({ Upgrade: 'websocket', Connection: 'Upgrade', ...headers })
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `GET /mqtt HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    )
    return (await text(socket)).slice('HTTP/1.1 '.length)
  }
  return { ask, facade, world }
}

describe('an upgrade at /mqtt', () => {
  test('of a board, of its own pages and of listed ones goes through', async () => {
    const { ask } = await start(['https://board.example'])
    for (const headers of [
      { Host: 'sluice:3000' },
      { Host: 'sluice:3000', Origin: 'http://sluice:3000' },
      { Host: 'sluice:3000', Origin: 'https://board.example' },
    ])
      expect(await ask(headers)).toMatch(/^101 /)
  })

  test('of any other page is a 403 that says which setting lets it in, counted and logged', async () => {
    const { ask, facade, world } = await start(['https://board.example'])
    expect(await ask({ Host: 'sluice:3000', Origin: 'https://evil.example' })).toMatch(
      /^403 Forbidden[\s\S]*"success":false[\s\S]*ALLOWED_ORIGINS/,
    )
    expect(await ask({ Host: 'sluice:3000', Origin: 'null' })).toMatch(/^403 /)
    expect(facade.denied().origin).toBe(2)
    expect(world.warned[0]).toEqual({
      details: { reason: 'origin', route: 'upgrade', address: '127.0.0.1' },
      message: 'an HTTP request was turned away',
    })
  })

  test('of any page goes through where any may', async () => {
    const { ask } = await start(['*'])
    expect(await ask({ Host: 'sluice:3000', Origin: 'https://evil.example' })).toMatch(/^101 /)
  })
})

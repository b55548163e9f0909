import { describe, expect, test } from '@jest/globals'
import { boardRequests, frameRequest } from '../../../../bench/fleet/load/requests.ts'

const ADDRESS = { host: '127.0.0.1', port: 3000 }

const parts = (request: Buffer) => {
  const [head = '', body = ''] = request.toString('latin1').split('\r\n\r\n')
  const length = Number(/\r\nContent-Length: (\d+)/.exec(head)?.[1] ?? 0)
  return { start: head.split('\r\n')[0], head, body, length }
}

describe('the requests of a board', () => {
  const requests = boardRequests(ADDRESS, 'board-1')

  test('carry the headers of the sketch and no key', () => {
    for (const request of [requests.register, requests.poll, requests.ingest(0)]) {
      const { head } = parts(request)
      expect(head).toContain('\r\nUser-Agent: ESP32HTTPClient\r\n')
      expect(head).toContain('\r\nAccept-Encoding: identity;q=1,chunked;q=0.1,*;q=0')
      expect(head).not.toMatch(/api-key/i)
    }
  })

  test('have bodies of the length they say', () => {
    for (const request of [requests.register, requests.poll, requests.ingest(12_345)]) {
      const { body, length } = parts(request)
      expect(length).toBe(body.length)
    }
  })

  test('a reading has the uptime of its sending and stays JSON', () => {
    const uptime = (at: number) => JSON.parse(parts(requests.ingest(at)).body).timestamp
    expect(uptime(1500.7) - uptime(0)).toBe(1500)
    expect(uptime(0)).toBeLessThan(1e12)
  })

  test('a frame is sent with its bytes as they are', () => {
    const jpeg = Buffer.from([0xff, 0xd8, 13, 10, 13, 10, 0xff, 0xd9])
    const request = frameRequest(ADDRESS, 'cam', jpeg)
    expect(request.subarray(-jpeg.length).equals(jpeg)).toBe(true)
    expect(parts(request).length).toBe(jpeg.length)
  })
})

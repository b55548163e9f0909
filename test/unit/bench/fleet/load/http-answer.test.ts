import { describe, expect, test } from '@jest/globals'
import { parseAnswer } from '../../../../bench/fleet/load/http-answer.ts'

const parse = (text: string) => parseAnswer(Buffer.from(text, 'latin1'))

describe('an answer', () => {
  test('ends where its length says, however that header is written', () => {
    for (const name of ['Content-Length', 'content-length']) {
      const answer = parse(`HTTP/1.1 200 OK\r\nX: y\r\n${name}: 3\r\n\r\nabcHTTP`)
      expect(answer?.status).toBe(200)
      expect(answer?.body.toString()).toBe('abc')
    }
  })

  test('of any length is not whole before its last byte', () => {
    const whole = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nhello'
    for (let length = 0; length < whole.length; length++)
      expect(parse(whole.slice(0, length))).toBeUndefined()
    expect(parse(whole)?.status).toBe(503)
  })

  test('in chunks ends with the empty chunk', () => {
    const whole = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{"a":true}\n\r\n0\r\n\r\n'
    for (let length = 0; length < whole.length; length++)
      expect(parse(whole.slice(0, length))).toBeUndefined()
    expect(parse(whole)?.status).toBe(200)
  })

  test('without body has length 0', () => {
    expect(parse('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')?.body.length).toBe(0)
  })
})

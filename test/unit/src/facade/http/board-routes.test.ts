import { describe, expect, test } from '@jest/globals'
import { isBoardRoute, isUnlimited } from '../../../../../src/facade/http/board-routes.ts'

describe('a route', () => {
  test.each([
    ['POST', '/api/v1/devices/register', true, false],
    ['POST', '/api/v1/devices/heartbeat', true, true],
    ['POST', '/api/v1/ingest/sensor-data', true, false],
    ['GET', '/api/v1/buzzer/status/:deviceId', true, true],
    ['HEAD', '/api/v1/buzzer/status/:any', true, true],
    ['PATCH', '/api/v1/buzzer/complete/:id', true, false],
    ['POST', '/api/v1/stream/fast', true, true],
    ['POST', '/api/v1/stream/stream', true, false],
    ['GET', '/api/v1/buzzer/status', false, false],
    ['GET', '/api/v1/devices', false, false],
    ['POST', '/api/v1/buzzer/request', false, false],
    ['DELETE', '/api/v1/stream/recordings/:filename', false, false],
  ])('%s %s is one of boards: %s, without a limit: %s', (method, url, ofBoards, unlimited) => {
    expect([isBoardRoute({ method, url }), isUnlimited({ method, url })]).toEqual([ofBoards, unlimited])
  })
})

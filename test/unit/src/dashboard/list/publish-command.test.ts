import { describe, expect, test } from '@jest/globals'
import type { HealthAnswer } from '../../../../../src/dashboard/answers.ts'
import { publishCommand } from '../../../../../src/dashboard/list/publish-command.ts'

const health = (broker: object): HealthAnswer => ({
  status: 'healthy',
  backendVersion: '1',
  parts: { broker: { ok: true, message: 'listening', ...broker } },
})
const textFor = (broker: object, hostname = 'hub.lan', needsCredentials = false) =>
  publishCommand({ health: health(broker), hostname, needsCredentials })?.text
const REST = `-q 1 -t sensors/my-board/data -m '{"temperature":21.5,"humidity":48}'`

describe('the line to try', () => {
  test.each([
    ['the host of the page', { mqtt: 'mqtt://0.0.0.0:1883' }, 'hub.lan', `mosquitto_pub -h hub.lan ${REST}`],
    [
      'another port',
      { mqtt: 'mqtt://127.0.0.1:45485' },
      '127.0.0.1',
      `mosquitto_pub -h 127.0.0.1 -p 45485 ${REST}`,
    ],
    ['port 80', { mqtt: 'mqtt://127.0.0.1:80' }, 'a', `mosquitto_pub -h a -p 80 ${REST}`],
    ['an IPv6 address', { mqtt: 'mqtt://[::1]:1883' }, '[::1]', `mosquitto_pub -h ::1 ${REST}`],
    [
      'an external broker',
      { broker: 'mqtt://mosquitto.lan:1884' },
      'x',
      `mosquitto_pub -h mosquitto.lan -p 1884 ${REST}`,
    ],
  ])('names %s', (_what, broker, hostname, text) => {
    expect(textFor(broker, hostname)).toBe(text)
  })

  test('has places for a credential where one is needed', () => {
    expect(textFor({ mqtt: 'mqtt://0.0.0.0:1883' }, 'hub', true)).toBe(
      `mosquitto_pub -h hub -i my-board -u my-board -P SECRET ${REST}`,
    )
  })

  test.each([
    ['mqtt://0.0.0.0:1883', false, 'npx sluice simulate --boards 100 --rate 1'],
    ['mqtt://127.0.0.1:45485', false, 'npx sluice simulate --boards 100 --rate 1 --port 45485'],
    [
      'mqtt://0.0.0.0:1883',
      true,
      'SLUICE_USER=sim SLUICE_PASSWORD=SECRET npx sluice simulate --boards 100 --rate 1',
    ],
  ])('lets simulated boards send to %s (credentials: %s)', (mqtt, needsCredentials, line) => {
    expect(publishCommand({ health: health({ mqtt }), hostname: 'hub', needsCredentials })?.simulate).toBe(
      line,
    )
  })

  test('lets simulated boards send to an external broker, which is asked for twice', () => {
    const told = health({ broker: 'mqtt://mosquitto.lan:1884' })
    expect(publishCommand({ health: told, hostname: 'x', needsCredentials: false })?.simulate).toBe(
      'npx sluice simulate --boards 100 --rate 1 --host mosquitto.lan --yes --port 1884',
    )
  })

  test('tells of the port of TLS', () => {
    const told = health({ mqtt: 'mqtt://a:1883', mqtts: 'mqtts://a:8883' })
    expect(publishCommand({ health: told, hostname: 'a', needsCredentials: false })?.tlsPort).toBe('8883')
  })

  test('is none while the broker does not listen', () => {
    expect(textFor({})).toBeUndefined()
  })
})

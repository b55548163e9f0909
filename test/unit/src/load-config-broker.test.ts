import { describe, expect, test } from '@jest/globals'
import { load, problemsOf } from '../../support/config.ts'

describe('where an external broker is', () => {
  test('what only an external broker needs is refused without BROKER_URL, and so are CAs without TLS', () => {
    expect(problemsOf({ BROKER_CA: 'ca.pem', BROKER_CLIENT_ID: 'x', BROKER_PROTOCOL: '3.1.1' })).toEqual([
      expect.stringContaining('BROKER_CA is set without BROKER_URL'),
      expect.stringContaining('BROKER_CLIENT_ID is set without BROKER_URL'),
      expect.stringContaining('BROKER_PROTOCOL is set without BROKER_URL'),
    ])
    expect(problemsOf({ BROKER_URL: 'mqtt://h', BROKER_CA: 'ca.pem' })).toEqual([
      'BROKER_CA is set, but BROKER_URL is without TLS: use mqtts:// in it, or unset BROKER_CA',
    ])
    expect(problemsOf({ BROKER_URL: 'mqtt://u:50%@h' })).toEqual([expect.stringContaining('%25')])
    // The ports of MQTT are not opened.
    expect(problemsOf({ BROKER_URL: 'mqtt://h', MQTT_PORT: '3000' })).toEqual([])
    expect(load({ BROKER_URL: 'mqtt://h', BROKER_PROTOCOL: '3.1.1' }).broker).toMatchObject({ protocol: 4 })
    expect(
      problemsOf({ BROKER_URL: 'mqtt://h', BROKER_CLIENT_ID: 'a/b', BROKER_PROTOCOL: '4' }),
    ).toHaveLength(2)
  })

  test.each(['mqtt:broker.lan', 'mqtt:/broker.lan', 'mqtt:broker.lan:1883', 'mqtts:///broker', 'mqtt://'])(
    'BROKER_URL=%s names no host, and is not taken for this machine',
    (given) => {
      expect(problemsOf({ BROKER_URL: given })).toEqual([
        'BROKER_URL names no host: allowed is mqtt://host:port, with two slashes',
      ])
    },
  )

  test.each(['mqtt://broker/site', 'mqtt://broker/?x=1', 'mqtt://broker#x'])(
    'BROKER_URL=%s has more than MQTT knows of',
    (given) => {
      expect(problemsOf({ BROKER_URL: given })).toEqual([
        'BROKER_URL has something behind host and port: allowed is mqtt://host:port, and nothing more',
      ])
    },
  )

  test('may end with a slash', () => {
    expect(load({ BROKER_URL: 'mqtt://broker:1884/' }).broker?.url).toBe('mqtt://broker:1884/')
  })
})

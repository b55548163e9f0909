import { describe, expect, test } from '@jest/globals'
import { mosquittoFiles } from '../../src/cli/access/mosquitto-files.ts'
import { readText } from './source-files.ts'

const linesOf = (file: string): readonly string[] =>
  readText(`mosquitto-compat/${file}`)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

describe('the files for Mosquitto', () => {
  test('the access list is what the export writes for nobody', () => {
    expect(readText('mosquitto-compat/acl')).toBe(mosquittoFiles([]).acl)
  })

  test('every listener asks for a password and has the access list', () => {
    const [, ...listeners] = linesOf('mosquitto.conf')
      .join('\n')
      .split(/^(?=listener )/m)
    expect(listeners.map((listener) => listener.split('\n')[0])).toEqual([
      'listener 1883',
      'listener 8883',
      'listener 9001',
    ])
    for (const listener of listeners) {
      expect(listener).toContain('allow_anonymous false\npassword_file passwd\nacl_file acl')
    }
  })

  test('a bridge takes in nothing that a bridge may send out', () => {
    const topics = linesOf('bridge.conf').filter((line) => line.startsWith('topic '))
    const of = (way: string): readonly string[] =>
      topics.map((line) => line.split(' ')).flatMap(([, topic = '', is]) => (is === way ? [topic] : []))
    expect(topics).toHaveLength(of('in').length + of('out').length)
    const first = (topic: string): string => topic.replace(/#$/, '').split('/+')[0] ?? ''
    const last = (topic: string): string => topic.split('/').at(-1) ?? ''
    const meet = (one: string, other: string): boolean =>
      first(one).startsWith(first(other).replace(/\/$/, '')) && [last(one), '#'].includes(last(other))
    expect(of('in').filter((topic) => of('out').some((other) => meet(topic, other)))).toEqual([])
  })
})

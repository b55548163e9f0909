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
    expect(of('in').filter((topic) => of('out').includes(topic))).toEqual([])
  })
})

/**
 * The credentials as files of Mosquitto: a password file, and an access list that says what the table of roles
 * says. A board's rights are patterns on the user name, since Mosquitto has no roles; a user's stand by its name.
 *
 * A pattern holds for users as well, so each user is denied what a board of its name may send. Nothing is lost by
 * that: devices and users share their names, and there is no such board.
 */
import { type Credential, type CredentialRole, rightsOf } from '../../../bridge/index.ts'

/** What there is no line for, and why. */
export interface LeftOut {
  readonly credential: Credential
  readonly reason: 'revoked' | 'no-hash' | 'name'
}

export interface MosquittoFiles {
  readonly passwd: string
  readonly acl: string
  readonly devices: number
  readonly users: number
  readonly leftOut: readonly LeftOut[]
}

/** First line of both files: by it they are known as ours. */
export const MOSQUITTO_HEAD = '# Written by `sluice device export --mosquitto`'

/** As what Sluice logs in at Mosquitto when no credential of role bridge says otherwise. */
const OWN_NAME = 'sluice'

type Access = 'read' | 'write' | 'readwrite' | 'deny'
type Topics = readonly string[]

const topicsOf = (patterns: readonly (readonly string[])[], name?: string): Topics =>
  patterns.map((levels) => levels.map((level) => (level === '{name}' ? (name ?? '%u') : level)).join('/'))

const linesOf = (kind: 'topic' | 'pattern', access: Access, topics: Topics): Topics =>
  topics.map((topic) => `${kind} ${access} ${topic}`)

/** At Mosquitto the two sides of a bridge are the other way round: Sluice reads what boards send. */
const bridgeLines = (): Topics => {
  const { publish, subscribe } = rightsOf('bridge')
  const both = ['buzzer/+/cmd', 'devices/+/status']
  const without = (topics: Topics): Topics => topics.filter((topic) => !both.includes(topic))
  return [
    ...linesOf('topic', 'read', without(topicsOf(publish))),
    ...linesOf('topic', 'write', without(topicsOf(subscribe))),
    // Commands of dashboards are recorded, and what Sluice finds out of a silent board is told.
    ...linesOf('topic', 'readwrite', both),
    // How a dead subscription is told from a quiet one.
    ...linesOf('topic', 'readwrite', ['sluice/+/probe']),
  ]
}

const userLines = (role: Exclude<CredentialRole, 'device'>, name: string): Topics => {
  if (role === 'admin') return linesOf('topic', 'readwrite', ['#']).concat('topic read $SYS/#')
  const denied = linesOf('topic', 'deny', topicsOf(rightsOf('device').publish, name))
  if (role === 'bridge') return [...denied, ...bridgeLines()]
  const { publish, subscribe } = rightsOf(role)
  return [
    ...denied,
    ...linesOf('topic', 'write', topicsOf(publish)),
    ...linesOf('topic', 'read', topicsOf(subscribe)),
  ]
}

const block = (role: Exclude<CredentialRole, 'device'>, name: string): string =>
  [`# ${role}`, `user ${name}`, ...userLines(role, name)].join('\n')

const deviceBlock = (): string => {
  const { publish, subscribe } = rightsOf('device')
  return [
    '# Each board on its own topics, by its user name',
    ...linesOf('pattern', 'write', topicsOf(publish)),
    ...linesOf('pattern', 'read', topicsOf(subscribe)),
  ].join('\n')
}

const HEAD_OF_ACL = `${MOSQUITTO_HEAD}
# Mosquitto reads it anew on SIGHUP. What differs from Sluice's own broker: docs/mosquitto.md`

const aclOf = (users: readonly Credential[], taken: boolean): string => {
  const blocks = users.flatMap(({ role, name }) => (role === 'device' ? [] : [block(role, name)]))
  const own = taken ? [] : [block('bridge', OWN_NAME)]
  return `${[HEAD_OF_ACL, deviceBlock(), ...own, ...blocks].join('\n\n')}\n`
}

/** A colon ends the name in a password file; blanks around it are cut off there, and in the access list. */
const isNameForMosquitto = (name: string): boolean => !name.includes(':') && name.trim() === name

const reasonToLeaveOut = ({ name, revokedAt, mosquittoHash }: Credential): LeftOut['reason'] | undefined => {
  if (revokedAt !== null) return 'revoked'
  if (!isNameForMosquitto(name)) return 'name'
  return mosquittoHash === undefined ? 'no-hash' : undefined
}

const TABLE_PREFIX = 'homeassistant'

/** Where Home Assistant tells of its start is a setting of its own, and stays. */
const withPrefix = (acl: string, prefix: string): string =>
  acl.replaceAll(new RegExp(` ${TABLE_PREFIX}/(?!status$)`, 'gm'), ` ${prefix}/`)

/** Both files for these credentials, in their order. Without any the access list is the one that is shipped. */
export const mosquittoFiles = (
  credentials: readonly Credential[],
  discoveryPrefix: string = TABLE_PREFIX,
): MosquittoFiles => {
  const kept: Credential[] = []
  const leftOut: LeftOut[] = []
  for (const credential of credentials) {
    const reason = reasonToLeaveOut(credential)
    if (reason === undefined) kept.push(credential)
    else leftOut.push({ credential, reason })
  }
  const users = kept.filter(({ role }) => role !== 'device')
  // Also by a revoked one, or by a board: they get no rights of Sluice's.
  const taken = credentials.some(({ name, role }) => name === OWN_NAME || role === 'bridge')
  return {
    passwd: [MOSQUITTO_HEAD, ...kept.map(({ name, mosquittoHash }) => `${name}:${mosquittoHash}`), ''].join(
      '\n',
    ),
    acl: withPrefix(aclOf(users, taken), discoveryPrefix),
    devices: kept.length - users.length,
    users: users.length,
    leftOut,
  }
}

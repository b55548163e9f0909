/** Rules between settings. They read the text, so they hold also while other settings are broken. */
import { brokerProblems } from './broker-settings.ts'
import { isLoopback } from './setting-values.ts'

type Given = Readonly<Record<string, string>>

/** What several nodes share must be reached by all of them. */
const clusterProblems = (set: Given): readonly string[] => {
  if (set.CLUSTER !== 'true') return []
  const problems = (['REDIS_URL', 'DATABASE_URL'] as const)
    .filter((name) => set[name] === undefined)
    .map((name) => `CLUSTER is true without ${name}: set ${name} to the one that all nodes share`)
  if (set.BROKER_URL !== undefined)
    problems.push('CLUSTER is true with BROKER_URL: nodes share the embedded broker, unset one of them')
  // What has to change together (a message and the order of all, a session and who has it) lies on several of its nodes.
  if (/^rediss?\+cluster:/i.test(set.REDIS_URL ?? ''))
    problems.push(
      'CLUSTER is true with a Redis Cluster: nodes share one Redis server, name Sentinels (redis+sentinel://…) ' +
        'in REDIS_URL where it must be able to die',
    )
  if (set.USEDB === 'false') problems.push('CLUSTER is true with USEDB=false: nodes share their database')
  return problems
}

const replicaProblems = ({ DATABASE_URL, DATABASE_READ_URL }: Given): readonly string[] =>
  DATABASE_READ_URL !== undefined && DATABASE_URL === undefined
    ? [
        'DATABASE_READ_URL is set without DATABASE_URL: the embedded Postgres has no replica, set both or neither',
      ]
    : []

const MIN_KEY_LENGTH = 16

/** Where other machines can try keys, a short one would be found. */
const keyProblems = ({ HOST, ALLOW_ANONYMOUS, API_KEY }: Given): readonly string[] => {
  const isReachable = HOST === undefined ? ALLOW_ANONYMOUS === 'true' : !isLoopback(HOST)
  if (API_KEY === undefined || API_KEY.length >= MIN_KEY_LENGTH || !isReachable) return []
  return [
    `API_KEY is too short for an address that other machines reach: allowed are ${MIN_KEY_LENGTH} characters or more ` +
      '(openssl rand -hex 16 makes a good one)',
  ]
}

const tlsProblems = ({ TLS_CERT, TLS_KEY, TLS_CA }: Given): readonly string[] => {
  const problems: string[] = []
  if (TLS_CERT !== undefined && TLS_KEY === undefined)
    problems.push(
      'TLS_CERT is set without TLS_KEY: set TLS_KEY to the path of the private key that belongs to it',
    )
  if (TLS_KEY !== undefined && TLS_CERT === undefined)
    problems.push(
      'TLS_KEY is set without TLS_CERT: set TLS_CERT to the path of the certificate that belongs to it',
    )
  if (TLS_CA !== undefined && TLS_CERT === undefined && TLS_KEY === undefined)
    problems.push(
      'TLS_CA is set without TLS_CERT and TLS_KEY: client certificates need the TLS ports, set both',
    )
  return problems
}

/** Ports that would be opened, each with its default. */
const portProblems = (set: Given): readonly string[] => {
  const { PORT = '3000', MQTT_PORT = '1883', MQTT_TLS_PORT = '8883', HTTPS_PORT = '3443' } = set
  const secure = set.TLS_CERT !== undefined && set.TLS_KEY !== undefined
  const isEmbedded = set.BROKER_URL === undefined
  const ports = Object.entries({
    PORT,
    ...(isEmbedded ? { MQTT_PORT } : {}),
    ...(secure ? { HTTPS_PORT } : {}),
    ...(secure && isEmbedded ? { MQTT_TLS_PORT } : {}),
  })
  return ports.flatMap(([name, port], index) =>
    ports
      .slice(index + 1)
      .filter(([, other]) => Number(other) === Number(port) && Number(port) !== 0)
      .map(
        ([other]) => `${name} and ${other} are both ${JSON.stringify(port)}: allowed are two different ports`,
      ),
  )
}

/** What is wrong between them, a sentence each. */
export const crossProblems = (set: Given): readonly string[] => [
  ...tlsProblems(set),
  ...portProblems(set),
  ...keyProblems(set),
  ...brokerProblems(set),
  ...replicaProblems(set),
  ...clusterProblems(set),
]

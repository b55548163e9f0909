/** mosquitto_pub and mosquitto_sub: clients that are not ours. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const run = (program: string, args: readonly string[], input?: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr}`)),
    )
    child.stdin.on('error', () => {}) // it may end before it has read everything
    child.stdin.end(input ?? '')
  })

export interface Publish {
  readonly port: number
  /** Default: one that mosquitto_pub makes up. */
  readonly clientId?: string
  /** Its client id too, unless one is given. */
  readonly login?: { readonly name: string; readonly secret: string }
  /** Default: what mosquitto_pub speaks by itself, which is 3.1.1. */
  readonly version?: 'mqttv311' | 'mqttv5'
  /** Over TLS: paths of the CA to trust, and of a client certificate. */
  readonly tls?: { readonly cafile: string; readonly cert?: string; readonly key?: string }
  readonly topic: string
  readonly message: string
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
}

/** Publishes one message; resolves when it was acked (QoS 1, 2) and the client has left. */
export const mosquittoPub = ({
  port,
  login,
  clientId = login?.name,
  version,
  tls,
  topic,
  message,
  qos = 1,
  retain = false,
}: Publish): Promise<void> =>
  run('mosquitto_pub', [
    ...['-h', '127.0.0.1', '-p', String(port), '-q', String(qos), '-t', topic, '-m', message],
    ...(retain ? ['-r'] : []),
    ...(clientId === undefined ? [] : ['-i', clientId]),
    ...(login === undefined ? [] : ['-u', login.name, '-P', login.secret]),
    ...(version === undefined ? [] : ['-V', version]),
    ...Object.entries(tls ?? {}).flatMap(([option, path]) => [`--${option}`, path]),
  ])

/** Publishes each line as a message of its own, on one connection; resolves when all were acked. */
export const mosquittoPubLines = (
  port: number,
  topic: string,
  lines: readonly string[],
  qos: 0 | 1 | 2 = 1,
): Promise<void> =>
  run(
    'mosquitto_pub',
    ['-h', '127.0.0.1', '-p', String(port), '-q', String(qos), '-t', topic, '-l'],
    `${lines.join('\n')}\n`,
  )

export interface Subscription {
  /** Messages so far, as `topic payload`. */
  readonly received: readonly string[]
  /** Resolves when the broker has confirmed the subscription. */
  readonly subscribed: Promise<void>
  end(): Promise<void>
}

/** Subscribes with mosquitto_sub. */
export const mosquittoSub = (port: number, topic: string): Subscription => {
  // Debug output says when the SUBACK came; messages begin with the mark.
  const mark = '> '
  const child: ChildProcess = spawn('stdbuf', [
    ...[
      '-oL',
      'mosquitto_sub',
      '-d',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-t',
      topic,
      '-F',
      `${mark}%t %p`,
    ],
  ])
  const received: string[] = []
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const subscribed = new Promise<void>((resolve) => {
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith(mark)) received.push(line.slice(mark.length))
      if (line.includes('Subscribed')) resolve()
    })
  })
  return {
    received,
    subscribed,
    end: async () => {
      child.kill('SIGTERM')
      await closed
    },
  }
}

/** MQTT over TLS, with real clients on a real port. */
import { readFile, writeFile } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import mqtt, { type IClientOptions } from 'mqtt'
import { type BrokerAddress, certificateNameOf, type TlsDoor } from '../../broker/index.ts'
import { errorCode } from '../../src/error-code.ts'
import { createSecureListener, createTlsContext, type SecureListenerOptions } from '../../src/tls/index.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { freshTestCa, type TestCa } from '../support/test-ca.ts'
import { type BrokerRig, cleanUp, payloads, startBroker } from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

let ours: TestCa
let strangers: TestCa
let boardPair: { readonly cert: string; readonly key: string }
let strangerPair: { readonly cert: string; readonly key: string }
beforeAll(async () => {
  ours = await freshTestCa()
  strangers = await freshTestCa()
  boardPair = await ours.client('esp32-1')
  strangerPair = await strangers.client('esp32-1')
})
afterAll(() => Promise.all([ours.remove(), strangers.remove()]))

interface TlsRig {
  readonly rig: BrokerRig
  readonly port: number
  readonly failures: { readonly address: string; readonly code: string }[]
  /** The certificate names of the connections, in the order they came. */
  readonly names: (string | undefined)[]
  readonly told: { readonly reloads: number; readonly errors: number }
}

/** A broker with a TLS port. `asks`: client certificates of our CA are asked for. */
const startTls = async (
  options: Partial<SecureListenerOptions> & { readonly asks?: boolean; readonly from?: TestCa } = {},
): Promise<TlsRig> => {
  const { asks = true, from = ours, ...limits } = options
  const { certPath, keyPath, caPath } = from.paths
  const told = { reloads: 0, errors: 0 }
  const context = createTlsContext(
    { certPath, keyPath, ...(asks ? { caPath } : {}) },
    {
      onReload: () => {
        told.reloads += 1
      },
      onError: () => {
        told.errors += 1
      },
      onWarning: () => {},
    },
    { settleMs: 5, pollMs: 50 },
  )
  await context.start()
  cleanups.push(() => context.stop())
  const listener = createSecureListener(context, { host: '127.0.0.1', port: 0, ...limits })
  const names: (string | undefined)[] = []
  const tls: TlsDoor = {
    ...listener,
    listen: (on) =>
      listener.listen({
        ...on,
        connection: (socket: Duplex) => {
          on.connection(socket)
          names.push(certificateNameOf(socket))
        },
      }),
  }
  const rig = await startBroker(cleanups, { options: { tls } })
  const failures: { address: string; code: string }[] = []
  rig.broker.events.on('tls:failed', (failure) => failures.push(failure))
  return { rig, port: (rig.address.tls as BrokerAddress).port, failures, names, told }
}

const pem = async (pair: { readonly cert: string; readonly key: string }) => ({
  cert: await readFile(pair.cert, 'utf8'),
  key: await readFile(pair.key, 'utf8'),
})

const connectClient = async ({ port }: TlsRig, options: IClientOptions = {}) => {
  const client = await mqtt.connectAsync(`mqtts://localhost:${port}`, {
    ca: ours.ca,
    reconnectPeriod: 0,
    ...options,
  })
  client.on('error', () => {})
  cleanups.push(() => client.endAsync(true).catch(() => undefined))
  return client
}

/** A TLS connection; `ended` is how it ended: a code, or `closed`. */
const dial = (port: number, options: ConnectionOptions = {}) => {
  const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: ours.ca, ...options })
  cleanups.push(() => socket.destroy())
  const secured = new Promise<TLSSocket>((resolve) => socket.once('secureConnect', () => resolve(socket)))
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error) => resolve(errorCode(error) ?? 'unknown'))
    socket.once('close', () => resolve('closed'))
  })
  socket.resume()
  return { socket, secured, ended }
}

const halfOpen = async (port: number): Promise<{ socket: Socket; closed: Promise<void> }> => {
  const socket = connectTcp(port, '127.0.0.1')
  cleanups.push(() => socket.destroy())
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  return { socket: socket.resume(), closed }
}

describe('the TLS port', () => {
  test('takes what mosquitto_pub sends, which trusts the CA and no other', async () => {
    const { rig, port } = await startTls()
    const publish = { port, topic: 'sensors/a/data', message: 'over TLS' }
    await mosquittoPub({ ...publish, tls: { cafile: ours.paths.caPath } })
    expect(payloads(rig)).toEqual(['over TLS'])
    await expect(mosquittoPub({ ...publish, tls: { cafile: strangers.paths.caPath } })).rejects.toThrow(
      /TLS error/,
    )
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s, with forward secrecy', async (version) => {
    const { port } = await startTls()
    const socket = await dial(port, { minVersion: version, maxVersion: version }).secured
    expect(socket.getProtocol()).toBe(version)
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ type: 'ECDH' })
  })

  const OLD = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  test.each([
    ['TLS 1.0', { ...OLD, maxVersion: 'TLSv1' }, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
    ['TLS 1.1', { ...OLD, maxVersion: 'TLSv1.1' }, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
    // The key is of no use for RSA; CBC is what is offered for it.
    [
      'a cipher without authentication of its own',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    ],
  ] as const)('refuses %s with an alert, and counts it', async (_what, options, code) => {
    const { port, failures } = await startTls()
    expect(await dial(port, options).ended).toBe(code)
    await eventually(() => failures.length > 0)
    expect(failures).toEqual([{ address: '127.0.0.1', code: expect.stringMatching(/^ERR_SSL_/) }])
  })

  test('ends a renegotiation, which is what a client floods a server with', async () => {
    const { port } = await startTls()
    const { socket, secured, ended } = dial(port, { maxVersion: 'TLSv1.2' })
    await secured
    const failed = new Promise<Error | null>((resolve) => socket.renegotiate({}, resolve))
    expect(await Promise.race([failed.then((error) => errorCode(error)), ended])).toMatch(/NO_RENEGOTIATION/)
  })

  test('cuts who does not finish the handshake in time, and who sends something else', async () => {
    const { port, failures } = await startTls({ handshakeTimeoutMs: 50 })
    const silent = await halfOpen(port)
    await silent.closed
    await eventually(() => failures.length === 1)
    const plain = await halfOpen(port)
    plain.socket.write('GET / HTTP/1.1\r\n\r\n')
    await plain.closed
    await eventually(() => failures.length === 2)
    expect(failures).toEqual([
      { address: '127.0.0.1', code: 'ERR_TLS_HANDSHAKE_TIMEOUT' },
      { address: '127.0.0.1', code: 'ERR_SSL_HTTP_REQUEST' },
    ])
  })

  test('cuts the oldest handshake when too many are under way, and serves who is honest', async () => {
    const tls = await startTls({ maxHandshakes: 3 })
    const all = [await halfOpen(tls.port), await halfOpen(tls.port), await halfOpen(tls.port)]
    await connectClient(tls)
    await all[0]?.closed
    expect(tls.failures).toEqual([{ address: '127.0.0.1', code: 'TOO_MANY_HANDSHAKES' }])
    expect(all.map(({ socket }) => socket.closed)).toEqual([true, false, false])
  })

  test('counts a peer that goes away in its handshake, once', async () => {
    const { port, failures } = await startTls()
    const gone = await halfOpen(port)
    gone.socket.destroy()
    await eventually(() => failures.length > 0)
    expect(failures).toEqual([{ address: '127.0.0.1', code: 'ECONNRESET' }])
  })

  test('a stop closes it, and cuts handshakes and clients alike without counting them', async () => {
    const tls = await startTls()
    const client = await connectClient(tls)
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    const pending = await halfOpen(tls.port)
    await tls.rig.stop()
    await Promise.all([closed, pending.closed])
    expect(tls.failures).toEqual([])
    expect(await dial(tls.port).ended).toBe('ECONNREFUSED')
  })
})

describe('a client certificate', () => {
  test('of our CA is accepted, and its name is the name of the connection', async () => {
    const tls = await startTls()
    await connectClient(tls, await pem(boardPair))
    await mosquittoPub({
      port: tls.port,
      topic: 'sensors/a/data',
      message: '1',
      tls: { cafile: ours.paths.caPath, ...boardPair },
    })
    expect([tls.names, tls.failures]).toEqual([['esp32-1', 'esp32-1'], []])
  })

  test('may be left out: the connection then has no name', async () => {
    const tls = await startTls()
    await connectClient(tls)
    expect([tls.names, tls.failures]).toEqual([[undefined], []])
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is known again with a resumed session of %s, and no name comes up without one',
    async (version) => {
      const tls = await startTls()
      const versions = { minVersion: version, maxVersion: version }
      for (const pair of [await pem(boardPair), {}]) {
        const secureContext = createSecureContext({ ca: ours.ca, ...versions, ...pair })
        const first = dial(tls.port, { secureContext })
        const session = await new Promise<Buffer>((resolve) => first.socket.once('session', resolve))
        const again = await dial(tls.port, { secureContext, session }).secured
        expect(again.isSessionReused()).toBe(true)
      }
      await eventually(() => tls.names.length === 4)
      expect(tls.names).toEqual(['esp32-1', 'esp32-1', undefined, undefined])
    },
  )

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'of another CA is refused before a byte of MQTT, with %s',
    async (version) => {
      const tls = await startTls()
      const versions = { minVersion: version, maxVersion: version }
      const { ended } = dial(tls.port, { ...versions, ...(await pem(strangerPair)) })
      expect(await ended).toMatch(/^(closed|ECONNRESET)$/)
      await eventually(() => tls.failures.length > 0)
      expect(tls.failures).toEqual([{ address: '127.0.0.1', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }])
      expect([tls.names, tls.rig.broker.connections]).toEqual([[], 0])
      const { cert, key } = strangerPair
      const published = mosquittoPub({
        port: tls.port,
        topic: 'sensors/a/data',
        message: '1',
        tls: { cafile: ours.paths.caPath, cert, key },
      })
      await expect(published).rejects.toThrow(/ended with/)
      expect(tls.rig.taken).toEqual([])
    },
  )

  test('is not asked for without a CA, and one that is there all the same is no name', async () => {
    const tls = await startTls({ asks: false })
    await connectClient(tls, await pem(boardPair))
    expect([tls.names, tls.failures]).toEqual([[undefined], []])
  })
})

describe('a renewed certificate', () => {
  const subjectShown = async (port: number, ca: string): Promise<string> => {
    const { socket, secured } = dial(port, {
      ca,
      servername: 'localhost',
      checkServerIdentity: () => undefined,
    })
    const { subject } = (await secured).getPeerCertificate()
    socket.destroy()
    return String(subject.CN)
  }

  test('is shown to new connections; those that there are go on', async () => {
    const from = await freshTestCa()
    cleanups.push(from.remove)
    const tls = await startTls({ from })
    const client = await connectClient(tls, { ca: from.ca })
    expect(await subjectShown(tls.port, from.ca)).toBe('localhost')
    await from.renew('renewed.example')
    await eventually(async () => (await subjectShown(tls.port, from.ca)) === 'renewed.example')
    await client.publishAsync('sensors/a/data', 'still there', { qos: 1 })
    expect(payloads(tls.rig)).toEqual(['still there'])
  })

  test('that is broken is not shown: the one before is', async () => {
    const from = await freshTestCa()
    cleanups.push(from.remove)
    const tls = await startTls({ from })
    await writeFile(from.paths.certPath, 'half a certificate')
    await eventually(() => tls.told.errors > 0)
    expect(await subjectShown(tls.port, from.ca)).toBe('localhost')
    expect(tls.told.reloads).toBe(0)
  })
})

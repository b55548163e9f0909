/** An external broker as a source, on a Mosquitto of its own. */
import { createExternalBroker, type ExternalBrokerOptions } from '../../mosquitto-compat/index.ts'
import type { SourceRig } from '../contracts/message-source.ts'
import { startMosquitto, type TestMosquitto } from './mosquitto-broker.ts'

/** Quick enough for tests, and otherwise as in the program. */
export const QUICK = {
  minReconnectMs: 20,
  maxReconnectMs: 100,
  minRetryMs: 10,
  maxRetryMs: 50,
  connectTimeoutMs: 3_000,
} as const

/** A client of this broker that is not started. */
export const externalBroker = (
  { url }: Pick<TestMosquitto, 'url'>,
  given: Partial<ExternalBrokerOptions> & {
    readonly expectsSession?: boolean
    readonly monotonic?: () => number
  } = {},
) => {
  const { expectsSession, monotonic = () => performance.now(), ...options } = given
  return createExternalBroker(
    {
      monotonic,
      random: Math.random,
      ...(expectsSession === undefined ? {} : { expectsSession }),
    },
    { url, protocol: 5, clientId: 'sluicetest', caPath: undefined, ...QUICK, ...options },
  )
}

/** For the contract of message sources. */
export const externalRig = (protocol: 4 | 5) => async (): Promise<SourceRig> => {
  const mosquitto = await startMosquitto()
  return {
    port: () => mosquitto.port,
    create: async () => {
      const source = externalBroker(mosquitto, { protocol })
      return { start: source.start, publish: source.publish, isHeard: source.isHeard, stop: source.close }
    },
    cleanup: mosquitto.cleanup,
  }
}

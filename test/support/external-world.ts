/** A Mosquitto, sources on it and its clients, each closed with the test. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { Done, Intake, Message } from '../../bridge/index.ts'
import type { ExternalBroker } from '../../mosquitto-compat/index.ts'
import { useCleanups } from './cleanups.ts'
import { eventually } from './eventually.ts'
import { externalBroker } from './external-rig.ts'
import { startMosquitto, type TestMosquitto } from './mosquitto-broker.ts'

export const PROTOCOLS = [5, 4] as const

/** For the tests of one file. */
export const useExternalWorld = () => {
  const later = useCleanups()

  const open = async (lines?: readonly string[]): Promise<TestMosquitto> => {
    const mosquitto = await startMosquitto(lines)
    later(mosquitto.cleanup)
    return mosquitto
  }

  const source = (
    mosquitto: Pick<TestMosquitto, 'url'>,
    given: Parameters<typeof externalBroker>[1] = {},
  ): ExternalBroker => {
    const broker = externalBroker(mosquitto, given)
    later(broker.close)
    return broker
  }

  const client = async ({ url }: TestMosquitto, given: IClientOptions = {}): Promise<MqttClient> => {
    const connected = await mqtt.connectAsync(url, { reconnectPeriod: 50, ...given })
    connected.on('error', () => {})
    later(() => connected.endAsync(true).catch(() => undefined))
    return connected
  }

  return { later, open, source, client }
}

/** An intake that holds everything. */
export const holding = () => {
  const taken: { readonly message: Message; readonly done: Done }[] = []
  const intake: Intake = (message, _clientId, done) => void taken.push({ message, done })
  const texts = () => taken.map(({ message }) => message.payload.toString())
  return { taken, intake, texts }
}

/** Waits until it is connected and subscribed. */
export const isUp = (broker: ExternalBroker) => eventually(() => broker.health().ok, 15_000)

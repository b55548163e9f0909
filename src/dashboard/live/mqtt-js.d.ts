/** As much of MQTT.js as the page uses; scripts/build-dashboard.mjs tells the bundler where its sources are. */
declare module 'mqtt-js' {
  export interface ClientOptions {
    readonly protocol: 'ws' | 'wss'
    readonly hostname: string
    readonly port: number
    readonly path: string
    readonly protocolVersion: 4
    readonly clientId: string
    readonly username?: string
    readonly password?: string
    readonly clean: boolean
    readonly keepalive: number
    readonly timerVariant: 'native'
    readonly reconnectPeriod: number
    readonly connectTimeout: number
    readonly resubscribe: boolean
  }

  type Stream = object

  export class MqttClient {
    constructor(open: (client: MqttClient) => Stream, options: ClientOptions)
    on(event: 'connect', listener: () => void): this
    on(event: 'message', listener: (topic: string, payload: Uint8Array) => void): this
    on(event: 'close', listener: () => void): this
    on(event: 'error', listener: (error: Error & { readonly code?: unknown }) => void): this
    subscribe(topics: readonly string[], options: { readonly qos: 0 | 1 }): this
    unsubscribe(topics: readonly string[]): this
    publish(
      topic: string,
      payload: string,
      options: { readonly qos: 0 | 1 },
      done: (error?: Error | null) => void,
    ): this
    end(force: boolean): this
  }

  const mqtt: {
    readonly MqttClient: typeof MqttClient
    readonly browserStreamBuilder: (client: MqttClient, options: ClientOptions) => Stream
  }
  export default mqtt
}

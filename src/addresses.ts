/** Where the program can be reached, as it logs and tells it. */
export interface Addresses {
  /** Such as `http://127.0.0.1:3000`; MQTT over WebSocket is on its path `/mqtt`, unless the broker is an external one. */
  readonly http: string
  /** Such as `mqtt://127.0.0.1:1883`; absent with an external broker. */
  readonly mqtt?: string
  /** The external broker, such as `mqtt://broker.lan:1883`; absent with the embedded one. */
  readonly broker?: string
  /** Such as `https://127.0.0.1:3443`; absent without TLS. */
  readonly https?: string
  /** Such as `mqtts://127.0.0.1:8883`; absent without TLS. */
  readonly mqtts?: string
}

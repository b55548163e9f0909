/** Where the program can be reached, as it logs and tells it. */
export interface Addresses {
  /** Such as `http://127.0.0.1:3000`; MQTT over WebSocket is on its path `/mqtt`. */
  readonly http: string
  /** Such as `mqtt://127.0.0.1:1883`. */
  readonly mqtt: string
}

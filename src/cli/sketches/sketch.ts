/** What a sketch has to know of the board it is made for, and the words its topics are made of. */

/** How one board reaches Sluice. */
export interface BoardSettings {
  /** Its device id, which is its user name and its MQTT client id too. */
  readonly id: string
  /** Secret. */
  readonly secret: string
  /** A host name or an address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** What is said when the board comes, and left behind as its will for when it goes. */
export const ONLINE = 'online'
export const OFFLINE = 'offline'

/** Seconds. A board that vanished is noticed after one and a half of it. */
export const KEEPALIVE_S = 30

/** The topics of a sketch, each one the table of rights gives to the device. */
export const topicsOf = (id: string) => ({
  data: `sensors/${id}/data`,
  status: `devices/${id}/status`,
  errors: `errors/${id}`,
  buzzer: `buzzer/${id}/cmd`,
})

export interface Address {
  readonly host: string
  readonly port: number
}

/** `mqtt://192.168.1.20:1883` */
export const addressUrl = (scheme: 'mqtt' | 'http' | 'ws', { host, port }: Address): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`

/**
 * A C string literal. Ids hold no control characters; what is not ASCII stays as UTF-8, and `??` must not
 * begin a trigraph.
 */
export const cString = (text: string): string => `"${text.replace(/[\\"?]/g, '\\$&')}"`

/** A YAML string: every JSON string is one. */
export const yamlString = (text: string): string => JSON.stringify(text)

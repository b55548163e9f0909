/** Where an external broker is and who we are there: a URL taken apart. */

export interface BrokerLocation {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly username: string | undefined
  /** Secret. */
  readonly password: string | undefined
  /** `mqtt://host:port`, without credentials: for logs and answers. */
  readonly shown: string
}

const PLAIN_PORT = 1883
const SECURE_PORT = 8883

const decoded = (text: string): string | undefined => (text === '' ? undefined : decodeURIComponent(text))

/** Reads `mqtt://user:password@host:port`. Throws a TypeError for what is no URL. */
export const readBrokerUrl = (url: string): BrokerLocation => {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'mqtts:'
  const number = port === '' ? (secure ? SECURE_PORT : PLAIN_PORT) : Number(port)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: number,
    secure,
    username: decoded(username),
    password: decoded(password),
    shown: `${protocol}//${hostname}:${number}`,
  }
}

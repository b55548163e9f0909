/** The lines that send first readings: one from anywhere, and those of simulated boards from Sluice's own folder. Pure. */
import type { HealthAnswer } from '../answers.ts'

export interface PublishCommand {
  readonly text: string
  /** Lets simulated boards send. */
  readonly simulate: string
  /** Where the TLS listener is, when there is one. */
  readonly tlsPort: string | undefined
}

const DEFAULT_PORT = '1883'

interface Address {
  readonly host: string
  readonly port: string
}

/** `mqtt://…` is not parsed alike by all browsers; with `http` it is. */
const addressIn = (url: string | undefined): Address | undefined => {
  if (url === undefined) return undefined
  try {
    const { hostname, port } = new URL(url.replace(/^mqtts?:/, 'http:'))
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? '80' : port }
  } catch {
    return undefined
  }
}

export interface PublishPlace {
  readonly health: HealthAnswer
  /** The name this page was reached by: the broker is on the same host. */
  readonly hostname: string
  readonly needsCredentials: boolean
}

/** Undefined when the server does not say where its broker is. */
export const publishCommand = ({
  health,
  hostname,
  needsCredentials,
}: PublishPlace): PublishCommand | undefined => {
  const { mqtt, mqtts, broker } = health.parts.broker
  const at = addressIn(broker ?? mqtt)
  if (at === undefined) return undefined
  const host = broker === undefined ? hostname.replace(/^\[|\]$/g, '') : at.host
  const port = at.port === DEFAULT_PORT ? '' : ` -p ${at.port}`
  const login = needsCredentials ? ' -i my-board -u my-board -P SECRET' : ''
  const what = `-q 1 -t sensors/my-board/data -m '{"temperature":21.5,"humidity":48}'`
  const elsewhere = broker === undefined ? '' : ` --host ${at.host} --yes`
  const as = needsCredentials ? 'SLUICE_USER=sim SLUICE_PASSWORD=SECRET ' : ''
  return {
    text: `mosquitto_pub -h ${host}${port}${login} ${what}`,
    simulate: `${as}npx sluice simulate --boards 100 --rate 1${elsewhere}${port.replace('-p', '--port')}`,
    tlsPort: addressIn(mqtts)?.port,
  }
}

/** Why a connection to the broker failed, and what to do, in one sentence. */
import { errorCode } from '../error-code.ts'
import { errorText } from '../error-text.ts'
import type { MqttTarget } from './mqtt-target.ts'
import { targetUrl } from './mqtt-target.ts'

export interface Failure {
  readonly problem: string
  readonly advice: string
}

/** Codes of a CONNACK [MQTT-3.2.2.3], as MQTT.js has them in `code`. */
const CONNACKS: { readonly [code: number]: Failure } = {
  1: {
    problem: 'the broker does not speak MQTT 3.1.1',
    advice: 'point it at Sluice (MQTT_PORT), or at a broker that does',
  },
  2: {
    problem: 'the client id was refused',
    advice:
      "it is a device's, or in use by another user: choose another one, or give that device's credentials",
  },
  3: {
    problem: 'the broker cannot let anybody in now',
    advice: 'look at its log, and try again in a moment',
  },
  4: {
    problem: 'the user name or the password is wrong',
    advice:
      'see who has credentials with `npx sluice user ls`; `npx sluice user rotate NAME` makes a new password',
  },
  5: {
    problem: 'it wants credentials',
    advice: 'give --user and --password of a user (npx sluice user add NAME --role ROLE makes one)',
  },
}

const NETWORK: { readonly [code: string]: (where: string) => Failure } = {
  ECONNREFUSED: (where) => ({
    problem: `nothing listens at ${where}`,
    advice: 'start Sluice (npm start), or name where it listens (--help shows how)',
  }),
  ENOTFOUND: (where) => ({ problem: `no such host: ${where}`, advice: 'check the name of the host' }),
  EAI_AGAIN: (where) => ({
    problem: `the name of ${where} cannot be looked up`,
    advice: 'check the DNS of this machine, or give an address',
  }),
  EHOSTUNREACH: (where) => ({
    problem: `no way leads to ${where}`,
    advice: 'check the address, and that both machines are on the same network',
  }),
  ETIMEDOUT: (where) => ({
    problem: `nothing answers at ${where}`,
    advice:
      'check the address and the firewall; Sluice listens on its own machine only unless HOST says otherwise',
  }),
}

const CERTIFICATE = /CERT|ALTNAME|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/

/** The failure of a connection attempt; `error` is of Node or MQTT.js. */
export const explainConnect = (error: unknown, target: MqttTarget): Failure => {
  const where = targetUrl(target)
  const code = error !== null && typeof error === 'object' && 'code' in error ? error.code : undefined
  if (typeof code === 'number' && CONNACKS[code] !== undefined) return CONNACKS[code]
  const name = errorCode(error) ?? ''
  const known = NETWORK[name]
  if (known !== undefined) return known(where)
  if (CERTIFICATE.test(name))
    return {
      problem: `the certificate of ${where} is not trusted (${name})`,
      advice: 'give the CA that signed it with --ca FILE, and name the host as the certificate does',
    }
  if (
    name.startsWith('ERR_SSL') ||
    name === 'EPROTO' ||
    /timeout|closed|hang up|invalid|packet|parse/i.test(errorText(error))
  )
    return {
      problem: `${where} does not answer as an MQTT broker${target.tls ? ' with TLS' : ''} (${errorText(error)})`,
      advice: target.tls
        ? 'check that the port is MQTT_TLS_PORT (8883), and that TLS_CERT and TLS_KEY are set'
        : 'check that the port is MQTT_PORT (1883) and not that of HTTP; with --tls use MQTT_TLS_PORT',
    }
  return {
    problem: `${where} cannot be reached (${errorText(error)})`,
    advice: 'look at the log of the broker',
  }
}

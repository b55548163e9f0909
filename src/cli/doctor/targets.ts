/** Where the doctor looks: `--url` and `--mqtt`, each of which gives the host of the other, else the settings. */
import type { Config } from '../../config.ts'
import { isLoopback } from '../../setting-values.ts'
import { type CommandContext, UsageError, type Words } from '../command.ts'
import { type HttpClient, httpClientOf } from '../http-client.ts'
import { type MqttTarget, mqttTargetOf } from '../mqtt-target.ts'
import { textOption } from '../option-words.ts'

export interface Targets {
  readonly mqtt: MqttTarget
  readonly http: HttpClient
  /** This machine's folder and database are those of that Sluice. */
  readonly isHere: boolean
}

const HTTP_PORT = '3000'

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

const mqttUrl = (words: Words): URL | undefined => {
  const text = textOption(words, 'mqtt')
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^mqtts?:$/.test(url.protocol) && url.hostname !== '' && url.username === '')
    return url
  throw new UsageError('--mqtt must be mqtt://host:port or mqtts://host:port, without credentials in it')
}

/** The words of the other commands that mean the same. */
const asWords = (words: Words, mqtt: URL | undefined, httpHost: string | undefined): Words => {
  const host = mqtt === undefined ? httpHost : bare(mqtt.hostname)
  return {
    rest: words.rest,
    options: {
      ...words.options,
      ...(host === undefined ? {} : { host }),
      ...(mqtt === undefined || mqtt.port === '' ? {} : { port: mqtt.port }),
      ...(mqtt?.protocol === 'mqtts:' ? { tls: true } : {}),
      ...(words.options.url === undefined && mqtt !== undefined && !isLoopback(bare(mqtt.hostname))
        ? { url: `http://${mqtt.hostname}:${HTTP_PORT}` }
        : {}),
    },
  }
}

/** Throws UsageError or CommandError. */
export const targetsOf = async (words: Words, context: CommandContext, config: Config): Promise<Targets> => {
  const given = textOption(words, 'url')
  const httpHost = given !== undefined && URL.canParse(given) ? bare(new URL(given).hostname) : undefined
  const said = asWords(words, mqttUrl(words), httpHost)
  const http = httpClientOf(said, context, config)
  const mqtt = await mqttTargetOf(said, context, config)
  return { mqtt, http, isHere: isLoopback(bare(new URL(http.url).hostname)) }
}

/** Requests to Sluice's HTTP side by a command: where it is, as whom, and for how long an answer is waited for. */
import type { Config } from '../config.ts'
import { type CommandContext, UsageError, type Words } from './command.ts'
import { credentialsOf, localHost } from './mqtt-target.ts'
import { textOption } from './option-words.ts'

export interface HttpClient {
  /** Without a slash at its end. */
  readonly url: string
  /** Answers with the parsed body, undefined for what is no JSON. Rejects when nothing answers within the time. */
  request(path: string, options?: { readonly method?: string }): Promise<HttpAnswer>
  /** For other clients of the same server, such as WebSockets. */
  readonly headers: Readonly<Record<string, string>>
}

export interface HttpAnswer {
  readonly status: number
  readonly body: unknown
}

const TIMEOUT_MS = 5_000

const givenUrl = (words: Words): string | undefined => {
  const text = textOption(words, 'url')
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '')
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  throw new UsageError('--url must be http://host:port or https://host:port, without credentials in it')
}

const settingsUrl = ({ http }: Config): string => {
  if (http.port === 0)
    throw new UsageError('PORT is 0, another port at each start: name where it is with --url')
  const host = localHost(http.host)
  return `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`
}

/** `--url`, else what the settings say of this machine; `--user` and `--password`, else the API_KEY of the settings. */
export const httpClientOf = (
  words: Words,
  { env }: Pick<CommandContext, 'env'>,
  config: Config,
): HttpClient => {
  const url = givenUrl(words) ?? settingsUrl(config)
  const { user, password } = credentialsOf(words, env)
  const headers: Record<string, string> = {}
  if (user !== undefined)
    headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  else if (config.apiKey !== undefined) headers['x-api-key'] = config.apiKey
  return {
    url,
    headers,
    request: async (path, { method = 'GET' } = {}) => {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const answer = await fetch(`${url}${path}`, { method, headers, signal, redirect: 'manual' })
      const text = await answer.text()
      try {
        return { status: answer.status, body: JSON.parse(text) as unknown }
      } catch {
        return { status: answer.status, body: undefined }
      }
    },
  }
}

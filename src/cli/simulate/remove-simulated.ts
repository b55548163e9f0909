/**
 * `sluice simulate --remove`: the simulated devices go out of the registry, off the page and out of Home Assistant.
 * Their readings stay: rows of `sensor_data` leave with their month, as all do.
 */
import type { Config } from '../../config.ts'
import { errorText } from '../../error-text.ts'
import { type CommandContext, CommandError, type Words } from '../command.ts'
import { type HttpClient, httpClientOf } from '../http-client.ts'
import { counted } from '../table.ts'
import { prefixOption } from './simulate-options.ts'

const ADMIN = 'give --user and --password of an admin (npx sluice user add NAME --role admin)'

const ask = async (http: HttpClient, path: string, method?: string) => {
  const answer = await http.request(path, method === undefined ? {} : { method }).catch((error) => {
    throw new CommandError(
      `Sluice does not answer at ${http.url} (${errorText(error)}): start it, or name it with --url`,
    )
  })
  if (answer.status === 401 || answer.status === 403)
    throw new CommandError(`not allowed at ${http.url}: ${ADMIN}`)
  return answer
}

const idsOf = (body: unknown): readonly string[] => {
  const { devices } = (body ?? {}) as { readonly devices?: readonly { readonly deviceId?: unknown }[] }
  return (devices ?? []).flatMap(({ deviceId }) => (typeof deviceId === 'string' ? [deviceId] : []))
}

export const removeSimulated = async (
  words: Words,
  context: CommandContext,
  config: Config,
): Promise<number> => {
  const { terminal } = context
  const prefix = prefixOption(words)
  const http = httpClientOf(words, context, config)
  const find = async (): Promise<readonly string[]> => {
    const all = await ask(http, '/api/v1/overview')
    // An older Sluice has no overview, and tells of the 100 devices heard of last.
    const { status, body } = all.status === 404 ? await ask(http, '/api/v1/devices') : all
    if (status !== 200) throw new CommandError(`${http.url} answered ${status}: see its log`)
    return idsOf(body).filter((id) => id.startsWith(prefix))
  }
  let found = await find()
  if (found.length > 0 && words.options.yes !== true) {
    const question = `Remove the devices that begin with ${JSON.stringify(prefix)} from ${http.url}? Their readings stay. [y/N] `
    if (terminal.ask === undefined) throw new CommandError('nobody is there to ask: say --yes')
    if (!/^y(es)?$/i.test((await terminal.ask(question)).trim()))
      throw new CommandError('nothing was removed')
  }
  let removed = 0
  // No list holds them all: as long as there are some, there may be more.
  while (found.length > 0) {
    let gone = 0
    for (const id of found) {
      const { status } = await ask(http, `/api/v1/devices/${encodeURIComponent(id)}`, 'DELETE')
      if (status === 200) gone += 1
      else if (status !== 404) throw new CommandError(`${id} was not removed: ${http.url} answered ${status}`)
    }
    removed += gone
    if (gone === 0) break
    found = await find()
  }
  await terminal.out(`${counted(removed, 'device')} removed\n`)
  return 0
}

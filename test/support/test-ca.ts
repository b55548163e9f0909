/** Certificates made by scripts/make-test-ca.sh, as a user makes them. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TlsPaths } from '../../src/tls/index.ts'

const run = promisify(execFile)
const script = resolve(fileURLToPath(new URL('../../scripts/make-test-ca.sh', import.meta.url)))

/** Runs the script; rejects with its `stderr` when it refuses. */
export const makeTestCa = async (...args: readonly string[]): Promise<string> =>
  (await run('sh', [script, ...args])).stdout

export interface TestCa {
  readonly folder: string
  /** Of the server's certificate for localhost and its addresses. */
  readonly paths: TlsPaths & { readonly caPath: string }
  /** The CA, to be trusted. */
  readonly ca: string
  /** Makes a client certificate; gives the paths. */
  client(id: string): Promise<{ readonly cert: string; readonly key: string }>
  /** Makes the server's certificate anew, in its place, by the same CA; for localhost unless names are given. */
  renew(...names: readonly string[]): Promise<void>
  remove(): Promise<void>
}

export const freshTestCa = async (): Promise<TestCa> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-ca-'))
  const at = (file: string): string => join(folder, file)
  await makeTestCa('--out', folder)
  return {
    folder,
    paths: { certPath: at('server.crt'), keyPath: at('server.key'), caPath: at('ca.crt') },
    ca: await readFile(at('ca.crt'), 'utf8'),
    client: async (id) => {
      await makeTestCa('--out', folder, 'client', id)
      return { cert: at(`client-${id}.crt`), key: at(`client-${id}.key`) }
    },
    renew: async (...names) => {
      await mkdir(at('new'))
      for (const file of ['ca.crt', 'ca.key']) await cp(at(file), at(`new/${file}`))
      await makeTestCa('--out', at('new'), ...names)
      for (const file of ['server.crt', 'server.key']) await rename(at(`new/${file}`), at(file))
      await rm(at('new'), { recursive: true })
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

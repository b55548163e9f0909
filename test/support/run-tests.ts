/**
 * `npm test`: one Postgres of its own for the whole run, jest on top of it, and one plain line at the end.
 * Arguments go to jest as they are; without any it is all but what takes its time: several servers together
 * (`npm run test:deployments`) and faults under load (`npm run test:faults`). A TEST_DATABASE_URL that is set already is used instead.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { type JestResult, needsPostgres, summarise } from './test-summary.ts'

/** Only for data that is thrown away with the run. */
const QUICK = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' }

const USUAL = ['--selectProjects', 'architecture', 'unit', 'services', 'system']

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What runs now, and what a signal that came meanwhile must end. */
interface Run {
  jest: ChildProcess | undefined
  signal: NodeJS.Signals | undefined
}

const runJest = (run: Run, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> => {
  const jestBin = createRequire(import.meta.url).resolve('jest/bin/jest')
  // Each file loads all modules anew: a larger young generation saves a tenth of the time.
  const words = ['--experimental-vm-modules', '--no-warnings', '--max-semi-space-size=64', jestBin, ...args]
  const jest = spawn(process.execPath, words, { stdio: 'inherit', env })
  run.jest = jest
  return new Promise((resolve, reject) => {
    jest.once('error', reject)
    jest.once('close', (code, signal) =>
      resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal])),
    )
  })
}

const readResult = (path: string): JestResult | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JestResult
  } catch {
    return undefined
  }
}

/** Runs `use` with the URL of a Postgres that is there only for this long. */
const withPostgres = async <T>(folder: string, use: (url: string) => Promise<T>): Promise<T> => {
  const postgres = createEmbeddedPostgres({ dataDir: join(folder, 'postgres'), extraSettings: QUICK })
  try {
    const { url } = await postgres.start()
    return await use(url)
  } finally {
    await postgres.stop()
  }
}

const runIn = async (run: Run, folder: string, args: readonly string[]): Promise<number> => {
  const outputFile = join(folder, 'jest.json')
  const jestArgs = ['--json', `--outputFile=${outputFile}`, ...args]
  const withUrl = async (url: string | undefined): Promise<number> => {
    if (run.signal !== undefined) return 1
    return await runJest(run, jestArgs, {
      ...process.env,
      ...(url === undefined ? {} : { TEST_DATABASE_URL: url }),
    })
  }
  let code = 1
  try {
    const given = process.env.TEST_DATABASE_URL || undefined
    code =
      given === undefined && needsPostgres(args) ? await withPostgres(folder, withUrl) : await withUrl(given)
  } catch (error) {
    say(messageOf(error))
    code = 1
  }
  const { line, exitCode } = summarise(readResult(outputFile), code)
  process.exitCode = run.signal === undefined ? exitCode : 128 + constants.signals[run.signal]
  process.stdout.write(`${line}\n`)
  return exitCode
}

const main = async (): Promise<void> => {
  const run: Run = { jest: undefined, signal: undefined }
  for (const signal of SIGNALS)
    process.on(signal, () => {
      // A second one ends this at once; the first lets Postgres stop in order.
      if (run.signal !== undefined) process.exit(128 + constants.signals[signal])
      run.signal = signal
      run.jest?.kill(signal)
    })
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tests-'))
  try {
    const given = process.argv.slice(2)
    await runIn(run, folder, given.length === 0 ? USUAL : given)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()

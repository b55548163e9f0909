/** Owns the claim and the postmaster of one start; invariant: it holds both or neither. */
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isBridgeError } from '../../bridge/index.ts'
import { type Claim, claimFolder } from './claim.ts'
import { embeddedFailure } from './failure.ts'
import { pathsIn } from './files.ts'
import { type Launched, launch } from './launch.ts'
import type { ExitReport } from './postmaster.ts'

export interface EmbeddedPostgresOptions {
  /** Made when missing; the cluster is its subfolder `postgres`. */
  readonly dataDir: string
  /** One line of the server's log, which starts with its SQLSTATE. */
  readonly log?: (line: string) => void
  /** Server settings that win over the built-in ones, such as `{ shared_buffers: '16MB' }`. */
  readonly extraSettings?: Readonly<Record<string, string>>
}

export interface Holder {
  /** Rejects with EMBEDDED_POSTGRES, or the signal's reason when it was aborted; then nothing is held. */
  acquire(signal: AbortSignal): Promise<Launched>
  release(): Promise<void>
  readonly pid: number | undefined
}

interface Held {
  readonly claim: Claim
  readonly launched: Launched
}

/** `onLost` is called when a held server ends without `release`; the folder is free again by then. */
export const createHolder = (
  options: EmbeddedPostgresOptions,
  onLost: (report: ExitReport) => void,
): Holder => {
  let held: Held | undefined

  const watch = async (mine: Held): Promise<void> => {
    const report = await mine.launched.postmaster.exited
    if (held !== mine) return
    held = undefined
    // A claim that cannot be removed is for the next start to report, not a reason to stay silent here.
    await mine.claim.release().catch(() => undefined)
    onLost(report)
  }

  return {
    acquire: async (signal) => {
      held = await claimAndLaunch(options, signal)
      void watch(held)
      return held.launched
    },
    release: async () => {
      const mine = held
      held = undefined
      await mine?.launched.postmaster.stop()
      await mine?.claim.release()
    },
    get pid() {
      return held?.launched.postmaster.pid
    },
  }
}

const claimAndLaunch = async (options: EmbeddedPostgresOptions, signal: AbortSignal): Promise<Held> => {
  const paths = pathsIn(resolve(options.dataDir))
  const { extraSettings = {}, log = () => undefined } = options
  try {
    await mkdir(paths.dataDir, { recursive: true })
    const claim = await claimFolder(paths)
    try {
      return { claim, launched: await launch({ paths, claim, signal, extraSettings, log }) }
    } catch (error) {
      await claim.release()
      throw error
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (isBridgeError(error)) throw error
    throw embeddedFailure(
      `The embedded Postgres cannot be set up in ${paths.dataDir}: ${String(error)}`,
      error,
    )
  }
}

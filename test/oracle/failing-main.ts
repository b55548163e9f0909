/**
 * The program as src/main.ts runs it, with a spool that fails on purpose:
 * FAIL_POINT=`before-fsync:17` kills this process with SIGKILL the 17th time it comes to that point;
 * FULL_DISK_FILE names a file, and while it is there no append is written.
 */
import { existsSync } from 'node:fs'
import { BridgeError, type SpoolStore } from '../../bridge/index.ts'
import manifest from '../../package.json' with { type: 'json' }
import { createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/load-config.ts'
import { createLog } from '../../src/logging.ts'

/** Counts the times it is come by, and ends the process at the one that was asked for. */
const createDeath = (failPoint: string | undefined) => {
  const [point, after] = (failPoint ?? '').split(':')
  let times = 0
  return (here: string): void => {
    if (here !== point) return
    times += 1
    if (times === Number(after)) process.kill(process.pid, 'SIGKILL')
  }
}

const failing = (store: SpoolStore, env: NodeJS.ProcessEnv): SpoolStore => {
  const dieAt = createDeath(env.FAIL_POINT)
  const { FULL_DISK_FILE: fullDisk } = env
  return {
    ...store,
    append: async (entry) => {
      dieAt('before-fsync')
      if (fullDisk !== undefined && existsSync(fullDisk))
        throw new BridgeError('SPOOL_BROKEN', 'The disk is full, it is pretended')
      await store.append(entry)
      dieAt('after-fsync')
    },
    trim: (offset) => {
      dieAt('before-trim')
      return store.trim(offset)
    },
    get bytes() {
      return store.bytes
    },
  }
}

const config = loadConfig(process.env, process.cwd())
const log = createLog({ level: config.logLevel })
const app = createApp(config, log, manifest.version, { spool: (store) => failing(store, process.env) })

process.once('SIGTERM', async () => {
  await app.stop()
  log.info('stopped')
  process.exit(0)
})

log.info({ ...(await app.start()) }, 'listening')

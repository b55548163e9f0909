import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevel } from '../../bridge/stores/level-open.ts'
import { createEmbeddedBroker } from '../../broker/index.ts'
import { describeMessageSource, type SourceRig } from '../contracts/message-source.ts'
import { externalRig } from '../support/external-rig.ts'
import { freePort } from '../support/redis.ts'

const embeddedRig = async (): Promise<SourceRig> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-source-'))
  const port = await freePort()
  return {
    port: () => port,
    create: async () => {
      const { db } = await openLevel({ folder: join(folder, 'sessions'), what: 'sessions' })
      const broker = createEmbeddedBroker({ sessions: db }, { port })
      let stopped: Promise<void> | undefined
      const stop = async (): Promise<void> => {
        await broker.stop()
        await db.close()
      }
      return {
        start: broker.start,
        publish: broker.publish,
        isHeard: broker.isHeard,
        stop: () => {
          stopped ??= stop()
          return stopped
        },
      }
    },
    cleanup: () => rm(folder, { recursive: true, force: true }),
  }
}

describeMessageSource('the embedded broker as a source', embeddedRig)
describeMessageSource('Mosquitto over MQTT 5 as a source', externalRig(5))
describeMessageSource('Mosquitto over MQTT 3.1.1 as a source', externalRig(4))

/** A migrated Postgres whose connections a test can cut, with its tables empty and the proxy whole before each test. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import { createTcpProxy } from '../oracle/make-tcp-proxy.ts'
import type { TcpProxy } from '../oracle/tcp-proxy.ts'
import { emptyTables, type MigratedDatabase, migratedDatabase } from './postgres-stores.ts'

export interface ProxiedDatabase {
  readonly database: MigratedDatabase
  readonly proxy: TcpProxy
  /** Of the database, by way of the proxy. */
  readonly url: string
}

/** What the returned function gives is there while tests run. */
export const useProxiedDatabase = (): (() => ProxiedDatabase) => {
  let there: ProxiedDatabase | undefined
  const current = (): ProxiedDatabase => {
    if (there === undefined) throw new Error('the database is not there yet')
    return there
  }
  beforeAll(async () => {
    const database = await migratedDatabase()
    const url = new URL(database.url)
    const proxy = await createTcpProxy({ target: Number(url.port) })
    url.hostname = '127.0.0.1'
    url.port = String(proxy.port)
    there = { database, proxy, url: url.href }
  })
  beforeEach(async () => {
    current().proxy.heal()
    await emptyTables(current().database)
  })
  afterAll(async () => {
    await there?.proxy.close()
    await there?.database.drop()
  })
  return current
}

import { describe, expect, test } from '@jest/globals'
import { cycles } from './import-cycles.ts'
import { violations, ZONES, zoneOf } from './import-rules.ts'
import { type Import, importsOf } from './imports-of.ts'
import { sourceFiles } from './source-files.ts'

const files = sourceFiles()
const paths = new Set(files.map(({ path }) => path))
const imports = files.flatMap(importsOf)

describe('the imports of this project', () => {
  test('every import goes the right way, through a door', () => {
    expect(violations(imports, paths)).toEqual([])
  })

  test('no file imports itself round a circle, not even for a type', () => {
    expect(cycles(imports)).toEqual([])
  })

  test('every relative import of a .ts file names a file that is there', () => {
    const local = imports.filter(({ to }) => zoneOf(to) !== undefined && /\.tsx?$/.test(to))
    expect(local.length).toBeGreaterThan(20)
    expect(local.filter(({ to }) => !paths.has(to))).toEqual([])
  })

  test('every file is in a zone of the table', () => {
    expect(files.filter(({ path }) => zoneOf(path) === undefined)).toEqual([])
  })
})

const edge = (from: string, to: string, typeOnly = false): Import => ({ from, to, typeOnly })

/** Whether the table forbids one made-up import. */
const forbids = (made: Import, there: readonly string[] = []): boolean =>
  violations([made], new Set(there)).length === 1

describe('the table bites', () => {
  test.each([
    ['core', 'bridge/core/a.ts', 'node:fs'],
    ['core, for a type', 'bridge/core/a.ts', 'node:events'],
    ['core', 'bridge/core/a.ts', 'zod'],
    ['core', 'bridge/core/a.ts', 'bridge/ports.ts'],
    ['core', 'bridge/core/a.ts', 'bridge/core/index.ts'],
    ['ports', 'bridge/ports.ts', 'bridge/events.ts'],
    ['ports', 'bridge/ports.ts', 'node:stream'],
    ['pipeline', 'bridge/pipeline/a.ts', 'pg'],
    ['pipeline', 'bridge/pipeline/a.ts', 'ioredis'],
    ['pipeline', 'bridge/pipeline/a.ts', 'aedes'],
    ['pipeline', 'bridge/pipeline/a.ts', 'mqtt'],
    ['pipeline', 'bridge/pipeline/a.ts', 'bridge/stores/b.ts'],
    ['pipeline', 'bridge/pipeline/a.ts', 'bridge/index.ts'],
    ['stores', 'bridge/stores/a.ts', 'bridge/pipeline/b.ts'],
    ['stores', 'bridge/stores/a.ts', 'aedes'],
    ['bridge.ts', 'bridge/bridge.ts', 'bridge/stores/b.ts'],
    ['the bridge', 'bridge/bridge.ts', 'src/config.ts'],
    ['the bridge', 'bridge/bridge.ts', 'broker/index.ts'],
    ['broker', 'broker/a.ts', 'bridge/ports.ts'],
    ['broker', 'broker/a.ts', 'bridge/stores/b.ts'],
    ['broker', 'broker/a.ts', 'src/config.ts'],
    ['broker', 'broker/a.ts', 'mosquitto-compat/index.ts'],
    ['broker', 'broker/a.ts', 'pg'],
    ['mosquitto-compat', 'mosquitto-compat/a.ts', 'broker/index.ts'],
    ['mosquitto-compat', 'mosquitto-compat/a.ts', 'aedes'],
    ['src, past a door', 'src/app.ts', 'bridge/ports.ts'],
    ['src, past a door', 'src/app.ts', 'bridge/core/time.ts'],
    ['src, past a door', 'src/app.ts', 'broker/listeners.ts'],
    ['facade', 'src/facade/a.ts', 'broker/index.ts'],
    ['facade', 'src/facade/a.ts', 'pg'],
    ['dashboard', 'src/dashboard/a.ts', 'src/facade/index.ts'],
    ['dashboard', 'src/dashboard/a.ts', 'src/config.ts'],
    ['dashboard', 'src/dashboard/a.tsx', 'bridge/index.ts'],
    ['dashboard', 'src/dashboard/a.ts', 'node:fs'],
    ['dashboard', 'src/dashboard/a.ts', 'mqtt'],
    ['src', 'src/app.ts', 'src/dashboard/router.ts'],
    ['anything but test', 'src/app.ts', 'test/support/a.ts'],
    ['anything but test', 'bridge/core/a.ts', 'test/support/a.ts'],
    ['anything in an unknown part', 'scripts/a.ts', 'zod'],
  ])('%s may not import: %s → %s', (_rule, from, to) => {
    expect(forbids(edge(from, to, true))).toBe(true)
    expect(forbids(edge(from, to, false))).toBe(true)
  })

  test.each([
    ['broker/a.ts', 'bridge/index.ts'],
    ['broker/index.ts', 'bridge/core/index.ts'],
    ['mosquitto-compat/a.ts', 'bridge/index.ts'],
    ['src/dashboard/a.ts', 'bridge/core/index.ts'],
  ])('%s may take types from %s, and nothing else', (from, to) => {
    expect(forbids(edge(from, to, true))).toBe(false)
    expect(forbids(edge(from, to, false))).toBe(true)
  })

  test('a folder of src with a door of its own is entered only by it', () => {
    const there = ['src/facade/index.ts', 'src/facade/server.ts']
    expect(forbids(edge('src/app.ts', 'src/facade/server.ts'), there)).toBe(true)
    expect(forbids(edge('src/app.ts', 'src/facade/index.ts'), there)).toBe(false)
    expect(forbids(edge('src/facade/index.ts', 'src/facade/server.ts'), there)).toBe(false)
    expect(forbids(edge('test/services/facade.test.ts', 'src/facade/server.ts'), there)).toBe(false)
  })

  test.each([
    ['bridge/core/a.ts', 'bridge/core/b.ts'],
    ['bridge/events.ts', 'node:events'],
    ['bridge/pipeline/a.ts', 'lru-cache'],
    ['bridge/stores/a.ts', 'pg'],
    ['bridge/index.ts', 'bridge/stores/a.ts'],
    ['broker/a.ts', 'aedes'],
    ['mosquitto-compat/a.ts', 'mqtt'],
    ['src/app.ts', 'broker/index.ts'],
    ['src/facade/a.ts', 'bridge/index.ts'],
    ['src/dashboard/a.tsx', 'preact'],
    ['test/unit/a.test.ts', 'bridge/core/time.ts'],
  ])('the right way is open: %s → %s', (from, to) => {
    expect(forbids(edge(from, to))).toBe(false)
  })

  test('every zone of the table has a path that leads to it', () => {
    const some = [
      'bridge/core/a.ts',
      'bridge/pipeline/a.ts',
      'bridge/stores/a.ts',
      'bridge/a.ts',
      'broker/a.ts',
    ]
    const others = [
      'src/dashboard/a.ts',
      'mosquitto-compat/a.ts',
      'src/facade/a.ts',
      'src/a.ts',
      'test/a.ts',
      'bridge/ports.ts',
    ]
    const doors = ['bridge', 'bridge/core', 'broker', 'mosquitto-compat'].map((part) => `${part}/index.ts`)
    const reached = [...some, ...others, ...doors, 'bridge/services.ts'].map(zoneOf)
    expect([...new Set(reached)].sort()).toEqual([...ZONES].sort())
  })
})

describe('circles', () => {
  test('a circle of values, of types, or of both is found, and so is a file that imports itself', () => {
    expect(cycles([edge('a', 'b'), edge('b', 'c', true), edge('c', 'a')])).toEqual(['a → b → c → a'])
    expect(cycles([edge('a', 'a', true)])).toEqual(['a → a'])
    expect(cycles([edge('x', 'a'), edge('a', 'b'), edge('b', 'a')])).toEqual(['a → b → a'])
  })

  test('two ways to one file are no circle', () => {
    expect(cycles([edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')])).toEqual([])
  })
})

describe('reading imports', () => {
  test.each([
    ["import { a } from './a.ts'", 'src/a.ts', false],
    ["import './a.ts'", 'src/a.ts', false],
    ["import type { A } from '../bridge/index.ts'", 'bridge/index.ts', true],
    ["import { type A } from './a.ts'", 'src/a.ts', false], // stays an import at run time
    ["export * from './a.ts'", 'src/a.ts', false],
    ["export type { A } from './a.ts'", 'src/a.ts', true],
    ["export const f = async () => (await import('./a.ts')).a", 'src/a.ts', false],
    ['export const f = () => import(`pg`)', 'pg', false],
    ["export type A = readonly import('./a.ts').A[]", 'src/a.ts', true],
    ["import fs from 'node:fs'", 'node:fs', false],
  ])('%s', (text, to, typeOnly) => {
    expect(importsOf({ path: 'src/x.ts', text })).toEqual([{ from: 'src/x.ts', to, typeOnly }])
  })

  test('what only looks like an import is none', () => {
    const text =
      "// import a from 'b'\nexport const s = \"import a from 'b'\"\nexport { s as t }\nimport(s)\n"
    expect(importsOf({ path: 'src/x.ts', text })).toEqual([])
  })
})

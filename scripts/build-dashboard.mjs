// Builds the page (src/dashboard) into dist/dashboard, each file beside its gzip and brotli form. Nothing is done when
// neither its sources nor the packages have changed since the last build.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const root = path('../src/dashboard')
const outDir = path('../dist/dashboard')
const stamp = path('../dist/.dashboard-stamp')
const PACKED = new Set(['.html', '.css', '.js', '.svg'])

/** What stands for a module that the page does not need. */
const without = (name) => join(root, 'live/without', name)

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

const stateOf = () => {
  const hash = createHash('sha256')
  const inputs = [...filesIn(root), path('../package-lock.json'), fileURLToPath(import.meta.url)]
  for (const file of inputs) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

/** Where MQTT.js is, and what its streams need in a browser, in the versions they ask for. */
const mqttFiles = () => {
  const here = createRequire(import.meta.url)
  const mqtt = dirname(here.resolve('mqtt/package.json'))
  const streams = createRequire(createRequire(join(mqtt, 'package.json')).resolve('readable-stream'))
  return {
    client: join(mqtt, 'build/lib/client.js'),
    webSocket: join(mqtt, 'build/lib/connect/ws.js'),
    manifest: join(mqtt, 'package.json'),
    buffer: streams.resolve('buffer/'),
    events: streams.resolve('events/'),
    strings: streams.resolve('string_decoder/'),
  }
}

/**
 * MQTT.js as published for browsers is 105 kB packed. Without what a page has no use for (proxies, topic aliases of
 * MQTT 5, timers in a worker, debug output) its own sources make 60.
 */
const aliases = () => {
  const mqtt = mqttFiles()
  return [
    [/^mqtt-js$/, without('mqtt.cjs')],
    [/^mqtt-js\/client$/, mqtt.client],
    [/^mqtt-js\/web-socket$/, mqtt.webSocket],
    [/^buffer\/?$/, mqtt.buffer],
    [/^events\/?$/, mqtt.events],
    [/^string_decoder\/?$/, mqtt.strings],
    [/^process\/?$/, without('process.ts')],
    [/^debug$/, without('debug.cjs')],
    [/^worker-timers$/, without('worker-timers.ts')],
    [/^(?:ws|lru-cache)$/, without('nothing.ts')],
    [/^\.\.\/\.\.\/package\.json$/, without('manifest.ts')],
  ].map(([find, replacement]) => ({ find, replacement }))
}

/** Brotli and gzip beside each file, for whoever takes them; only where that is smaller. */
const pack = () => {
  for (const file of filesIn(outDir)) {
    if (!PACKED.has(extname(file))) continue
    const plain = readFileSync(file)
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }
    const forms = { br: brotliCompressSync(plain, quality), gz: gzipSync(plain, { level: 9 }) }
    for (const [ending, bytes] of Object.entries(forms)) {
      if (bytes.length < plain.length) writeFileSync(`${file}.${ending}`, bytes)
    }
  }
}

const state = stateOf()
const isBuilt = existsSync(join(outDir, 'index.html')) && existsSync(stamp)
if (!isBuilt || readFileSync(stamp, 'utf8') !== state) {
  rmSync(stamp, { force: true })
  const { build } = await import('vite')
  await build({
    configFile: false,
    root,
    base: './',
    logLevel: 'warn',
    publicDir: false,
    define: { global: 'globalThis' },
    resolve: { alias: aliases() },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { transform: { inject: { process: [without('process.ts'), 'default'] } } },
    },
  })
  pack()
  writeFileSync(stamp, state)
}

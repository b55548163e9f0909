/**
 * Run before the tests: sees to it that the real Redis, Mosquitto, ffmpeg, openssl and HAProxy they use are installed,
 * and with `--browser` a Chromium.
 * Says what it does before it does it. The packages' own services are neither started nor left enabled: a Mosquitto
 * of the system's would hold port 1883, and the tests start private ones.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BROWSER_PACKAGES, PACKAGES, planInstall, SERVICES } from './service-packages.ts'

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/opt/homebrew/bin', '/opt/homebrew/sbin']
// Read by Debian's invoke-rc.d: 101 means that no service may be started now.
const POLICY_FILE = '/usr/sbin/policy-rc.d'
const POLICY = '#!/bin/sh\nexit 101\n'
const INSTALL_TIMEOUT_MS = 600_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const has = (command: string): boolean =>
  [...(process.env.PATH ?? '').split(':').filter(Boolean), ...SYSTEM_FOLDERS].some((folder) =>
    isProgram(join(folder, command)),
  )

/** Runs a command as root with its output shown; throws when it fails. */
const runAsRoot = (viaSudo: boolean, command: readonly string[]): void => {
  const words = ['env', 'DEBIAN_FRONTEND=noninteractive', ...command]
  const [program = '', ...args] = viaSudo ? ['sudo', '-n', ...words] : words
  say(`> ${[program, ...args].join(' ')}`)
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', timeout: INSTALL_TIMEOUT_MS })
  if (status !== 0) throw new Error(`${command.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`)
}

/** Forbids the start of services while `install` runs, where that can be done without touching a file of others. */
const withoutServiceStarts = (mayWrite: boolean, install: () => void): void => {
  if (!mayWrite || existsSync(POLICY_FILE)) {
    install()
    return
  }
  // With a listener a signal waits until this is undone; a policy file left behind would stop every later start.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  writeFileSync(POLICY_FILE, POLICY, { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(POLICY_FILE, { force: true })
  }
}

const aptInstall = (packages: readonly string[], viaSudo: boolean): void => {
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=120']
  runAsRoot(viaSudo, [...apt, 'update'])
  withoutServiceStarts(!viaSudo, () => {
    runAsRoot(viaSudo, [...apt, 'install', '-y', '--no-install-recommends', ...packages])
  })
  const services = packages.filter((name) => SERVICES.includes(name))
  if (existsSync('/run/systemd/system') && services.length > 0)
    runAsRoot(viaSudo, ['systemctl', 'disable', '--now', ...services])
}

const main = (): number => {
  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const machine = { has, osRelease, isRoot: process.getuid?.() === 0 }
  const wanted = process.argv.includes('--browser') ? { ...PACKAGES, ...BROWSER_PACKAGES } : PACKAGES
  const plan = planInstall(machine, () => spawnSync('sudo', ['-n', 'true']).status === 0, wanted)
  if (plan.kind === 'nothing') return 0
  if (plan.kind === 'apt') {
    say(
      `The tests need real programs that are not here. Installing with apt-get: ${plan.packages.join(', ')}`,
    )
    aptInstall(plan.packages, plan.viaSudo)
    const after = planInstall({ ...machine, osRelease: '' }, () => false, wanted)
    if (after.kind === 'nothing') return 0
    throw new Error(`${plan.packages.join(', ')} are installed now, yet their programs are not to be found`)
  }
  throw new Error(plan.error)
}

try {
  process.exitCode = main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

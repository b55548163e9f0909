/** Which programs the tests need of the system, which packages hold them, and how to get them here. Pure. */

export const PACKAGES: { readonly [command: string]: string } = {
  'redis-server': 'redis-server',
  mosquitto: 'mosquitto',
  mosquitto_pub: 'mosquitto-clients',
  mosquitto_sub: 'mosquitto-clients',
  ffmpeg: 'ffmpeg',
  ffprobe: 'ffmpeg',
  openssl: 'openssl',
  haproxy: 'haproxy',
}

/** Packages that bring a service, which the system would start. */
export const SERVICES: readonly string[] = ['redis-server', 'mosquitto', 'haproxy']

export interface Machine {
  /** True when the command can be found. */
  readonly has: (command: string) => boolean
  /** The text of /etc/os-release; empty where there is none. */
  readonly osRelease: string
  readonly isRoot: boolean
}

export type Plan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'apt'; readonly packages: readonly string[]; readonly viaSudo: boolean }
  | { readonly kind: 'impossible'; readonly error: string }

const isDebianLike = (osRelease: string): boolean => /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(osRelease)

/** What to do so that every command in `PACKAGES` is there. `canSudo` is asked only when it matters. */
export const planInstall = (machine: Machine, canSudo: () => boolean): Plan => {
  const missing = Object.keys(PACKAGES).filter((command) => !machine.has(command))
  if (missing.length === 0) return { kind: 'nothing' }
  const packages = [...new Set(missing.map((command) => PACKAGES[command] ?? command))]
  const impossible = (why: string): Plan => ({
    kind: 'impossible',
    error:
      `The tests need ${missing.join(', ')}, not found on this machine, and cannot install them: ${why}.\n` +
      `Debian, Ubuntu: apt-get install --no-install-recommends ${packages.join(' ')}\n` +
      'macOS: brew install redis mosquitto ffmpeg openssl haproxy. Elsewhere: the packages redis, mosquitto, ffmpeg, ' +
      'openssl, haproxy.',
  })
  if (!isDebianLike(machine.osRelease)) return impossible('this is neither Debian nor Ubuntu')
  if (!machine.has('apt-get')) return impossible('there is no apt-get')
  if (machine.isRoot) return { kind: 'apt', packages, viaSudo: false }
  if (machine.has('sudo') && canSudo()) return { kind: 'apt', packages, viaSudo: true }
  return impossible('that takes root, or sudo without a password')
}

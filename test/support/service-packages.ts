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

/** What the tests of the page need besides. */
export const BROWSER_PACKAGES: typeof PACKAGES = { chromium: 'chromium' }

/** Other commands that are as good, and are not in a package of Debian's. */
export const STAND_INS: { readonly [command: string]: readonly string[] } = {
  chromium: ['chromium-browser', 'google-chrome', 'google-chrome-stable'],
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

/** What to do so that every command of `wanted` is there. `canSudo` is asked only when it matters. */
export const planInstall = (
  machine: Machine,
  canSudo: () => boolean,
  wanted: typeof PACKAGES = PACKAGES,
): Plan => {
  const isThere = (command: string): boolean =>
    [command, ...(STAND_INS[command] ?? [])].some((name) => machine.has(name))
  const missing = Object.keys(wanted).filter((command) => !isThere(command))
  if (missing.length === 0) return { kind: 'nothing' }
  const packages = [...new Set(missing.map((command) => wanted[command] ?? command))]
  const impossible = (why: string): Plan => ({
    kind: 'impossible',
    error:
      `The tests need ${missing.join(', ')}, not found on this machine, and cannot install them: ${why}.\n` +
      `Debian, Ubuntu: apt-get install --no-install-recommends ${packages.join(' ')}\n` +
      (missing.includes('chromium')
        ? 'macOS: brew install --cask chromium. Elsewhere: Chromium or Google Chrome, on the PATH.'
        : 'macOS: brew install redis mosquitto ffmpeg openssl haproxy. Elsewhere: the packages redis, mosquitto, ' +
          'ffmpeg, openssl, haproxy.'),
  })
  if (!isDebianLike(machine.osRelease)) return impossible('this is neither Debian nor Ubuntu')
  if (!machine.has('apt-get')) return impossible('there is no apt-get')
  if (machine.isRoot) return { kind: 'apt', packages, viaSudo: false }
  if (machine.has('sudo') && canSudo()) return { kind: 'apt', packages, viaSudo: true }
  return impossible('that takes root, or sudo without a password')
}

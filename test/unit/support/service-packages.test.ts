import { describe, expect, test } from '@jest/globals'
import {
  BROWSER_PACKAGES,
  type Machine,
  PACKAGES,
  planInstall,
  SERVICES,
} from '../../support/service-packages.ts'

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
const UBUNTU_CHILD = 'ID=pop\nID_LIKE="ubuntu debian"\n'
const TOOLS = ['apt-get', 'sudo']

const machine = (there: readonly string[], changes: Partial<Machine> = {}): Machine => ({
  has: (command) => there.includes(command),
  osRelease: DEBIAN,
  isRoot: true,
  ...changes,
})

describe('installing what the tests need', () => {
  test('nothing is done when every program is there, whatever the system', () => {
    const all = machine(Object.keys(PACKAGES), { osRelease: '', isRoot: false })
    expect(planInstall(all, () => false)).toEqual({ kind: 'nothing' })
  })

  test('root on Debian installs the packages of what is missing, each once', () => {
    expect(planInstall(machine([...TOOLS, 'mosquitto']), () => false)).toEqual({
      kind: 'apt',
      packages: ['redis-server', 'mosquitto-clients', 'ffmpeg', 'openssl', 'haproxy'],
      viaSudo: false,
    })
  })

  test('what brings a service is among the packages', () => {
    expect(Object.values(PACKAGES)).toEqual(expect.arrayContaining([...SERVICES]))
  })

  test('a browser is installed only for those who ask for it, and any Chromium will do', () => {
    const wanted = { ...PACKAGES, ...BROWSER_PACKAGES }
    const programs = [...TOOLS, ...Object.keys(PACKAGES)]
    expect(planInstall(machine(programs), () => false)).toEqual({ kind: 'nothing' })
    expect(planInstall(machine(programs), () => false, wanted)).toMatchObject({ packages: ['chromium'] })
    for (const browser of ['chromium', 'chromium-browser', 'google-chrome']) {
      const plan = planInstall(machine([...programs, browser]), () => false, wanted)
      expect([browser, plan]).toEqual([browser, { kind: 'nothing' }])
    }
    const nowhere = planInstall(machine(programs, { osRelease: '' }), () => false, wanted)
    expect(nowhere.kind === 'impossible' && nowhere.error).toMatch(/need chromium.*\n.*\n.*Google Chrome/)
  })

  test('another user does it with sudo when that asks for no password', () => {
    const user = machine(TOOLS, { isRoot: false, osRelease: UBUNTU_CHILD })
    expect(planInstall(user, () => true)).toMatchObject({ kind: 'apt', viaSudo: true })
  })

  test.each([
    ['no root and no sudo', machine(TOOLS, { isRoot: false }), /root, or sudo/],
    ['another system', machine(TOOLS, { osRelease: 'ID=fedora\n' }), /neither Debian nor Ubuntu/],
    ['no apt-get', machine([]), /no apt-get/],
  ])('%s is an error that names the programs, the reason and the packages', (_case, where, reason) => {
    const plan = planInstall(where, () => false)
    const error = plan.kind === 'impossible' ? plan.error : ''
    expect(error).toMatch(reason)
    for (const [command, name] of Object.entries(PACKAGES)) {
      expect(error).toContain(command)
      expect(error).toContain(name)
    }
  })
})

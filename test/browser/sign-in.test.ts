/** Who may see what, where nobody is let in without a name. */
import { expect, jest, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { useCleanups } from '../support/cleanups.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { startPageWorld, useChromium } from '../support/page-world.ts'

jest.setTimeout(60_000)

const browser = useChromium()
const later = useCleanups()

/** Open to other machines, or this one would be let in as it is; the first user is made before the start. */
const startGuarded = async () => {
  const world = await startPageWorld(browser, later, { HOST: '0.0.0.0' }, [
    ['user', 'add', 'wall', '--role', 'dashboard', '--json'],
    ['user', 'add', 'olga', '--role', 'operator', '--json'],
    ['device', 'add', 'porch', '--json'],
  ])
  const [wall = '', olga = '', porch = ''] = world.said.map((text) => String(JSON.parse(text).secret))
  return { ...world, secrets: { wall, olga, porch } }
}

const signIn = async (page: Page, name: string, password: string): Promise<void> => {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('a wrong password is told, the right one shows the devices, and signing out hides them', async () => {
  const { open, secrets, sluice } = await startGuarded()
  const login = { name: 'porch', secret: secrets.porch }
  const message = '{"temperature":21.5}'
  await mosquittoPub({ port: sluice.mqttPort, login, topic: 'sensors/porch/data', message })
  const { page, troubles } = await open()
  troubles.expect(/status of 401/)
  await signIn(page, 'wall', 'wrong')
  await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor()
  await signIn(page, 'wall', secrets.wall)
  await page.getByRole('link', { name: 'porch', exact: true }).waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  await page.reload()
  await page.getByRole('link', { name: 'porch', exact: true }).waitFor()

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Password').waitFor()
  expect(await page.getByRole('link', { name: 'porch' }).count()).toBe(0)
})

test('the system is shown to operators, and others are told that it is not', async () => {
  const { open, secrets } = await startGuarded()
  const { page, troubles } = await open({ path: '/#/system' })
  troubles.expect(/status of 40[13]/)
  await signIn(page, 'wall', secrets.wall)
  await page.getByText(/operator/i).waitFor()
  expect(await page.getByRole('heading', { name: 'Balance' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Sign out' }).click()

  await signIn(page, 'olga', secrets.olga)
  await page.getByRole('heading', { name: 'Balance' }).waitFor()
})

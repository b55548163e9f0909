import { describe, expect, test } from '@jest/globals'
import { readText } from './source-files.ts'

const dockerfile = readText('Dockerfile')
const stages = dockerfile.split(/^(?=FROM )/m).filter((stage) => stage.startsWith('FROM '))
const runtime = stages.at(-1) ?? ''

describe('Dockerfile', () => {
  test('it builds in one stage and runs in another, both on the Node that package.json asks for', () => {
    expect(stages).toHaveLength(2)
    for (const stage of stages) expect(stage).toMatch(/^FROM node:20-slim\b/)
    expect(readText('package.json')).toMatch(/"node": ">=20\./)
  })

  test('the runtime stage has no development dependencies and no sources', () => {
    expect(runtime).toMatch(/npm ci --omit=dev/)
    expect(runtime).toMatch(/^COPY --from=build \/app\/dist \.\/dist$/m)
    expect(runtime).not.toMatch(/^COPY \. /m)
  })

  test('it does not run as root, keeps its data in a volume, has a health check and no shell around it', () => {
    expect(runtime).toMatch(/^VOLUME \/data$/m)
    expect(runtime).toMatch(/^HEALTHCHECK .*\n.*\/health/m)
    expect(runtime.indexOf('USER node')).toBeGreaterThan(runtime.lastIndexOf('RUN '))
    expect(runtime).toMatch(/^CMD \["node", "--max-semi-space-size=64", "dist\/src\/main\.js"\]$/m)
  })

  test('data, secrets and what is built stay out of the image', () => {
    const ignored = readText('.dockerignore').split('\n')
    for (const name of ['.env', '.git', 'data', 'dist', 'node_modules']) expect(ignored).toContain(name)
  })
})

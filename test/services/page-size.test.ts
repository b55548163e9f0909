/** The page as `npm run build` leaves it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'

const FOLDER = join(import.meta.dirname, '..', '..', 'dist', 'dashboard')
const MOST_BYTES = 150_000

const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name)))

describe('the built page', () => {
  test(`is smaller than ${MOST_BYTES} bytes packed, all of its files together`, () => {
    expect(files.length).toBeGreaterThan(3)
    const packed = files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0)
    expect(packed).toBeLessThan(MOST_BYTES)
  })

  test('loads nothing from elsewhere, and has no script or style of its own in the HTML', () => {
    const index = readFileSync(join(FOLDER, 'index.html'), 'utf8')
    expect(index).toMatch(/<script type="module"[^>]* src="\.\/assets\//)
    expect(index).not.toMatch(/(src|href)="(https?:)?\/\/|<style|<script[^>]*>[^<]/)
    for (const file of files) expect(file.toString()).not.toMatch(/url\(["']?(https?:)?\/\/|@import/)
  })
})

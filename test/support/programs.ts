/** Programs that stand in for one that hangs or fails, and what ffprobe says of a film. */
import { execFile } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from './eventually.ts'

const run = promisify(execFile)

/** A shell script in `folder`; gives its path. */
export const writeProgram = async (folder: string, script: string): Promise<string> => {
  const path = join(folder, 'program')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

/** A program that neither reads nor ends; `pids()` are the processes it was started as. */
export const writeHangingProgram = async (folder: string) => {
  const list = join(folder, 'pids')
  const path = await writeProgram(folder, `echo $$ >> '${list}'\nexec sleep 600`)
  const pids = (count: number): Promise<readonly number[]> =>
    eventually(async () => {
      const found = (await readFile(list, 'utf8')).trim().split('\n').map(Number)
      return found.length >= count && found
    })
  return { path, pids }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A JPEG of one colour. */
export const paintJpeg = async (folder: string, size: string): Promise<Buffer> => {
  const path = join(folder, `${size}.jpg`)
  const picture = ['-f', 'lavfi', '-i', `color=red:s=${size},format=yuv444p`, '-frames:v', '1']
  await run('ffmpeg', ['-loglevel', 'error', '-y', ...picture, path])
  return readFile(path)
}

export interface Film {
  readonly codec: string
  readonly width: number
  readonly height: number
  readonly pixels: string
  /** Frames a second, as a fraction. */
  readonly rate: string
  /** Decoded ones. */
  readonly frames: number
}

/** Decodes the whole film. */
export const probeFilm = async (path: string): Promise<Film> => {
  const entries = 'stream=codec_name,width,height,pix_fmt,r_frame_rate,nb_read_frames'
  const asked = ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json', path]
  const { stdout } = await run('ffprobe', asked)
  const { streams } = JSON.parse(stdout) as { streams: readonly Record<string, string | number>[] }
  const [stream = {}] = streams
  return {
    codec: String(stream.codec_name),
    width: Number(stream.width),
    height: Number(stream.height),
    pixels: String(stream.pix_fmt),
    rate: String(stream.r_frame_rate),
    frames: Number(stream.nb_read_frames),
  }
}

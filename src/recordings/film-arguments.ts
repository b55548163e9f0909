/**
 * How ffmpeg is asked to make a film of JPEG pictures that come through its standard input. Everything here is
 * made of numbers and of a path this program chose: no text of a client ever becomes an argument.
 */

const MIN_RATE = 5
const MAX_RATE = 10
/** 8K. A JPEG's header may claim 65,535 × 65,535, for which the decoder would take gigabytes. */
const MAX_PIXELS = 7680 * 4320
/** Longer sides are scaled down: cameras here send VGA, and encoding must end in time. */
const MAX_SIDE = 1920

/** Pictures a second of a film of so many: all of them play in a second or two when they are few. */
export const filmRate = (frameCount: number): number => Math.max(MIN_RATE, Math.min(MAX_RATE, frameCount))

/** Even sides, because yuv420p halves them; pictures of another size than the first are scaled to it by ffmpeg. */
const FILTERS = [
  `scale=w=min(${MAX_SIDE}\\,iw):h=min(${MAX_SIDE}\\,ih):force_original_aspect_ratio=decrease`,
  'pad=w=ceil(iw/2)*2:h=ceil(ih/2)*2',
  'format=yuv420p',
].join(',')

/**
 * @param rate - pictures a second
 * @param path - absolute path of the film; overwritten
 */
export const filmArguments = (rate: number, path: string): readonly string[] => [
  ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-y'],
  ...['-f', 'image2pipe', '-framerate', String(rate), '-c:v', 'mjpeg', '-max_pixels', String(MAX_PIXELS)],
  ...['-i', 'pipe:0', '-an', '-vf', FILTERS],
  // One thread and a fast preset: taking readings in goes first on a machine with two cores.
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-threads', '1', '-pix_fmt', 'yuv420p'],
  // The index in front, so that a player can start before it has the whole file.
  ...['-movflags', '+faststart', '-f', 'mp4', `file:${path}`],
]

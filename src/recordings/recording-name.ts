/**
 * Names of recordings. Nothing a client sends gets into a file name or an argument: a name is made of the time
 * alone, and one that comes from outside must have exactly that form.
 */

const RECORDING = /^rec_(\d+)\.mp4$/
/** With a dot in front: no listing shows it and no static route serves it. */
const PART = /^\.rec_\d+\.mp4\.part$/
/** The last instant a `Date` can hold. */
const MAX_TIME_MS = 8.64e15

/** @param createdAt - epoch ms */
export const recordingName = (createdAt: number): string => `rec_${createdAt}.mp4`

/** What a recording is called while it is being made. */
export const partName = (name: string): string => `.${name}.part`

export const isRecordingName = (name: string): boolean => RECORDING.test(name)

export const isPartName = (name: string): boolean => PART.test(name)

/** Epoch ms out of a name; undefined when it is no recording's, or no time. */
export const recordingTime = (name: string): number | undefined => {
  const digits = RECORDING.exec(name)?.[1]
  const time = Number(digits)
  return digits !== undefined && time <= MAX_TIME_MS ? time : undefined
}

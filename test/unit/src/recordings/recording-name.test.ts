import { describe, expect, test } from '@jest/globals'
import {
  isPartName,
  isRecordingName,
  partName,
  recordingName,
  recordingTime,
} from '../../../../src/recordings/recording-name.ts'

describe('the name of a recording', () => {
  test('is made of its time and tells it again', () => {
    const name = recordingName(1_795_402_914_042)
    expect(name).toBe('rec_1795402914042.mp4')
    expect(isRecordingName(name)).toBe(true)
    expect(recordingTime(name)).toBe(1_795_402_914_042)
  })

  test.each([
    'evil.mp4',
    'rec_.mp4',
    'rec_1.mp4.part',
    '.rec_1.mp4.part',
    'rec_1.mp4\n',
    'rec_-1.mp4',
    'rec_1.5.mp4',
    'xrec_1.mp4',
    '../rec_1.mp4',
    'rec_1.MP4',
    'rec_١.mp4',
    '',
  ])('is not %j', (name) => {
    expect(isRecordingName(name)).toBe(false)
    expect(recordingTime(name)).toBeUndefined()
  })

  test('may hold digits that are no time, and then tells none', () => {
    expect(isRecordingName('rec_99999999999999999.mp4')).toBe(true)
    expect(recordingTime('rec_99999999999999999.mp4')).toBeUndefined()
  })

  test('is another while the film is being made', () => {
    const part = partName(recordingName(7))
    expect(isPartName(part)).toBe(true)
    expect(isRecordingName(part)).toBe(false)
    expect(isPartName('rec_7.mp4')).toBe(false)
    expect(isPartName('.notes')).toBe(false)
  })
})

/** The door of the recordings: what the rest of src/ may import. */
export { isRecordingName } from './recording-name.ts'
export type * from './recording-service.ts'
export {
  createRecordings,
  type Recordings,
  type RecordingsDeps,
  type RecordingsOptions,
  type RecordingsStats,
} from './recordings.ts'

/** The door of the recordings: what the rest of src/ may import. */
export type * from './recording-service.ts'

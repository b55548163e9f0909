/** The door of face recognition: what the rest of src/ may import. */
export type * from './recognition-service.ts'

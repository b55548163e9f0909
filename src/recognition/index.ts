/** The door of face recognition: what the rest of src/ may import. */
export {
  createRecognition,
  type RecognitionDeps,
  type RecognitionOptions,
  type RecognitionPart,
  type RecognitionStats,
} from './recognition.ts'
export type * from './recognition-service.ts'

/** `POST /api/v1/recognition/add-permitted-face`: multipart/form-data with a file `image` and a text `name`. */
import { z } from 'zod'
import { errorAnswer } from './answers.ts'

export const addFaceAnswer = z.object({
  success: z.literal(true),
  message: z.string(),
  /** The form in which the older backend's own service answers. */
  data: z.object({ status: z.literal('success'), message: z.string() }),
})

export const addFaceRefusal = errorAnswer

const NO_NAME = 'Subject name is required'
const MAX_NAME_LENGTH = 100

const CONTROL = /\p{Cc}/u

/** Services make a file name of it, so what means a folder is refused here. */
const isPlain = (name: string): boolean => !CONTROL.test(name) && !/[/\\]/.test(name) && !name.startsWith('.')

/** The name of the person, trimmed. */
export const faceName = z
  .string({ error: NO_NAME })
  .trim()
  .min(1, NO_NAME)
  .max(MAX_NAME_LENGTH, `The name must be at most ${MAX_NAME_LENGTH} characters`)
  .refine(isPlain, 'The name must not hold control characters, / or \\, nor begin with a dot')

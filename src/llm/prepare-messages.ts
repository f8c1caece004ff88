import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { ChatMessage, ContentPart, ImagePart } from '../contract/message.js'
import { FileError } from '../errors/file-error.js'
import { InvalidRequestError } from '../errors/invalid-request-error.js'
import { ModelAbilityError } from '../errors/model-ability-error.js'

const roles = new Set(['system', 'user', 'assistant', 'tool'])

/**
 * Checks a conversation and turns its images into addresses that a server can read; the same array when there is
 * nothing to turn.
 *
 * @throws HeadraceError `INVALID_REQUEST`, `MODEL_ABILITY` for an image and a model that cannot see, `FILE_UNREADABLE`.
 */
export function prepareMessages(
  messages: readonly ChatMessage[],
  canSee: boolean,
  modelName: string,
): readonly ChatMessage[] | Promise<readonly ChatMessage[]> {
  if (!Array.isArray(messages)) throw new InvalidRequestError('A conversation must be an array of messages.')
  let hasImages = false
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as ChatMessage
    if (message === null || typeof message !== 'object' || !roles.has(message.role)) {
      const role = JSON.stringify((message as ChatMessage | null)?.role)
      throw new InvalidRequestError(
        `Message ${index} has the role ${role}; it must be system, user, assistant or tool.`,
      )
    }
    const { content } = message
    if (typeof content === 'string') continue
    if (!Array.isArray(content)) {
      throw new InvalidRequestError(`Message ${index} has no content: it must be a string or an array of parts.`)
    }
    for (const part of content as readonly ContentPart[]) {
      if (isImage(part)) hasImages = true
      else if (part?.type !== 'text' || typeof part.text !== 'string') {
        const type = JSON.stringify((part as ContentPart | null)?.type)
        throw new InvalidRequestError(
          `Message ${index} has a part of type ${type} that cannot be read; it must be text or image.`,
        )
      }
    }
  }
  if (!hasImages) return messages
  if (!canSee)
    throw new ModelAbilityError(`The model ${modelName} cannot see: leave the images out, or use a vision model.`)
  return Promise.all(messages.map(resolveImages))
}

function isImage(part: ContentPart | null): part is ImagePart {
  if (part?.type !== 'image') return false
  const { image } = part
  return (typeof image === 'string' && image !== '') || image instanceof URL || image instanceof Uint8Array
}

async function resolveImages(message: ChatMessage): Promise<ChatMessage> {
  if (typeof message.content === 'string') return message
  const content = await Promise.all(
    message.content.map(async (part) => (part.type === 'image' ? { ...part, image: await toAddress(part) } : part)),
  )
  return { ...message, content }
}

async function toAddress({ image, mediaType }: ImagePart): Promise<string> {
  if (image instanceof Uint8Array) return toDataUrl(image, mediaType)
  const text = String(image)
  if (/^(data|https?):/i.test(text)) return text
  const path = text.startsWith('file:') ? fileURLToPath(text) : text
  try {
    return toDataUrl(await readFile(path), mediaType ?? typeOfName[extname(path).toLowerCase()])
  } catch (cause) {
    if (cause instanceof InvalidRequestError) throw cause
    throw new FileError(`The image ${path} cannot be read: check the path.`, { cause })
  }
}

function toDataUrl(bytes: Uint8Array, mediaType: string | undefined): string {
  const type = mediaType ?? typeOfBytes(bytes)
  if (type === undefined) {
    throw new InvalidRequestError('The type of an image is not known: give its mediaType, for example image/png.')
  }
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`
}

const typeOfName: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.bmp': 'image/bmp',
}

function typeOfBytes(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (head.startsWith('\u0089PNG')) return 'image/png'
  if (head.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg'
  if (head.startsWith('GIF8')) return 'image/gif'
  if (head.startsWith('RIFF') && head.slice(8) === 'WEBP') return 'image/webp'
  return undefined
}

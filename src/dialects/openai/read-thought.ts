import type { WireMessage } from './wire-types.js'

/** The thinking that a server tells apart: in `reasoning_content`, or in `reasoning`; a few write both, alike. */
export function readThought(message: WireMessage | null | undefined): string {
  const { reasoning_content: older, reasoning: newer } = message ?? {}
  if (typeof older === 'string' && older !== '') return older
  return typeof newer === 'string' ? newer : ''
}

import type { Capabilities } from '../../contract/capabilities.js'
import { isAtLeast } from '../version-number.js'
import type { TgiModel } from './tgi-model.js'

const nativeOnly = "TGI's chat route does not know it, only its route for literal text does"
const unknownToTgi = 'TGI does not know it'
const ownTemplate = 'TGI gives its chat template no variables but the messages and the tools'

/** What TGI 3.3 honours; what it ignores silently is a gap. */
export function capabilitiesOf({ limits, version, supportsGrammar = true, vision = true }: TgiModel): Capabilities {
  // The chat route takes grammars since 2.1.
  const chatTakesGrammar = version === undefined || isAtLeast(version, 2, 1)
  const formats = (field: string): object => ({ json: field, regex: field, choice: field })
  return {
    vision,
    tools: true,
    unsupported: {
      minP: unknownToTgi,
      stopTokenIds: unknownToTgi,
      presencePenalty:
        "TGI's chat route makes a repetition penalty of p + 2 out of it, so that 0 is not neutral, and its route for literal text does not know it",
    },
    unsupportedOn: {
      chat: {
        topK: nativeOnly,
        typicalP: nativeOnly,
        repetitionPenalty: nativeOnly,
        parallelToolCalls: unknownToTgi,
        reasoning: ownTemplate,
        chatTemplateKwargs: ownTemplate,
      },
    },
    extras: { chat: ['toolPrompt'], completion: ['returnFullText', 'watermark'] },
    constraints: supportsGrammar
      ? {
          ...(chatTakesGrammar ? { chat: formats('response_format') } : {}),
          completion: formats('parameters.grammar'),
        }
      : {},
    // Others are refused since 2.3; servers before that failed on them in other ways.
    wantsProperties: version === undefined || isAtLeast(version, 2, 3) !== false,
    maxStops: limits?.maxStopSequences ?? 4,
    // It stops for a closed connection, and /metrics has its queue.
    batchWire: 'json',
    maxConcurrency: limits?.maxConcurrentRequests,
  }
}

import type { ServedProtocol } from '../../src/serve/index.js'

/** How `headrace serve` answers as one kind of server: what a client must find in its errors, and the server's words. */
export interface Protocol {
  readonly as: ServedProtocol
  /** The statuses of what is refused. Without `unknownModel` the server does not look at the name. */
  readonly expects: {
    readonly unknownModel?: number
    readonly badParameter: number
    readonly tooLong: number
    readonly tools: number
  }
  /** `response_format` for answers of a schema. */
  readonly toResponseFormat: (schema: object) => object
}

const inOpenAIsForm = (schema: object): object => ({ type: 'json_schema', json_schema: { name: 'answer', schema } })

export const protocols: Readonly<Record<ServedProtocol, Protocol>> = {
  xinference: {
    as: 'xinference',
    // A body that is wrong is a failure of the server's there.
    expects: { unknownModel: 404, badParameter: 500, tooLong: 500, tools: 400 },
    toResponseFormat: inOpenAIsForm,
  },
  tgi: {
    as: 'tgi',
    expects: { badParameter: 422, tooLong: 422, tools: 422 },
    toResponseFormat: (value) => ({ type: 'json', value }),
  },
  openai: {
    as: 'openai',
    expects: { unknownModel: 404, badParameter: 400, tooLong: 400, tools: 400 },
    toResponseFormat: inOpenAIsForm,
  },
}

/** What clients ask JSON of. */
export const personSchema = {
  type: 'object',
  properties: { age: { type: 'integer', minimum: 0, maximum: 99 }, color: { enum: ['red', 'blue'] } },
  required: ['age', 'color'],
  additionalProperties: false,
}

/** No answer of it ends within the context window, whatever the model. */
export const endlessSchema = {
  type: 'object',
  properties: { numbers: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 9 }, minItems: 5000 } },
  required: ['numbers'],
}

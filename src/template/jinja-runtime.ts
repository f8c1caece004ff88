import * as jinja from '@huggingface/jinja'

// The package declares these in files that TypeScript does not find from Node's point of view (its imports have no
// extensions), so what is used of them is declared here.

/** A node of a template's syntax tree. */
export interface TemplateNode {
  readonly type: string
  readonly [member: string]: unknown
}

/** A piece of a template's source. */
export interface TemplateToken {
  readonly type: string
  readonly value: string
}

/** A value while a template is rendered: `StringValue`, `ArrayValue`, `NullValue`, ... */
export interface RuntimeValue {
  readonly type: string
  /** The text, number or Boolean; an array of values, or a `Map` of them by their keys. */
  readonly value: unknown
  toString(): string
}

/** The variables of a scope. */
export interface Scope {
  readonly variables: Map<string, RuntimeValue>
  /** Converts a value, and declares a variable, which must not be declared yet. */
  set(name: string, value: unknown): RuntimeValue
}

interface TreeInterpreter {
  run(program: TemplateNode): RuntimeValue
  evaluate(node: TemplateNode | undefined, scope: Scope): RuntimeValue
}

const { Environment: scope, Interpreter: interpreter, parse: parser, tokenize: lexer } = jinja as unknown as Exports

interface Exports {
  readonly Environment: new () => Scope
  readonly Interpreter: new (global: Scope) => TreeInterpreter
  readonly parse: (tokens: readonly TemplateToken[]) => TemplateNode
  readonly tokenize: (
    source: string,
    options: Readonly<Record<'lstrip_blocks' | 'trim_blocks', boolean>>,
  ) => readonly TemplateToken[]
}

export const Environment: Exports['Environment'] = scope
export const Interpreter: Exports['Interpreter'] = interpreter
export const parse: Exports['parse'] = parser
export const tokenize: Exports['tokenize'] = lexer

// This file is the public surface of the entry point `headrace`.

export { Xinference } from './xinference/xinference.js'
export type { LoadedXinference, XinferenceCompleteOptions, XinferenceOptions } from './xinference/options.js'
export type { ModelDescription } from './xinference/model-description.js'

export { XinferenceClient } from './xinference/client/xinference-client.js'
export type { AbortAnswer, FirstUser, RegisterSettings } from './xinference/client/xinference-client.js'
export type { RequestSettings, ServerObject } from './xinference/client/server-questions.js'
export type { ApiKey, CreatedApiKey } from './xinference/client/api-keys.js'
export type { RankedDocument } from './xinference/client/neighbours.js'
export type { ModelEvent } from './xinference/list-events.js'
export type { XinferenceClientOptions } from './xinference/client/client-options.js'
export type { LaunchOptions, XinferenceModelType } from './xinference/client/launch-options.js'
export type { LaunchProgress, ModelReplica } from './xinference/client/replica.js'
export type { WaitOptions, WaitProgress } from './xinference/client/wait-until-ready.js'
export type { XinferenceCredentials } from './xinference/credentials.js'

export { InferenceEndpointsLLM } from './huggingface/inference-endpoints-llm.js'
export type {
  InferenceEndpointsCallOptions,
  InferenceEndpointsOptions,
  LoadedInferenceEndpoints,
  OutlinesStructuredOutput,
  ServerEngine,
} from './huggingface/options.js'
export type { ServerDescription } from './huggingface/locate.js'
export { EndpointsClient } from './huggingface/endpoints/endpoints-client.js'
export type { EndpointCallOptions, EndpointsClientOptions } from './huggingface/endpoints/endpoints-client.js'
export type { EndpointState, InferenceEndpoint } from './huggingface/endpoints/inference-endpoint.js'
export type { EndpointWaitOptions } from './huggingface/endpoints/wait-until-running.js'

export { LLM } from './llm/llm.js'
export type { SerializedLLM } from './llm/llm.js'
export type { ConnectionOptions, LLMOptions, OutputParser, SecretReference } from './llm/llm-options.js'
export { CallbackManager } from './llm/callback-manager.js'
export { fromJSON } from './from-json.js'
export type { AncestorReading, FromJSONOptions, LLMClass } from './llm/from-json.js'
export type { MagpieOptions, PromptOptions } from './llm/prompt-options.js'
export type { StructuredPredictOptions } from './llm/predict.js'
export type { PromptTemplate, PromptVariables } from './llm/prompt-template.js'
export { version } from './version.js'

export type {
  ChatMessage,
  ChatRole,
  ContentPart,
  ImagePart,
  TextPart,
  Tool,
  ToolCall,
  ToolChoice,
} from './contract/message.js'
export type { CallOptions, CompleteOptions, GenerationOptions, Timeouts, WireMode } from './contract/options.js'
export type {
  ChatResponse,
  CompletionResponse,
  ContentLogprob,
  FinishReason,
  ResponseBase,
  Timings,
  TokenLogprob,
  UnifiedFinishReason,
  Usage,
  Warning,
} from './contract/response.js'
export type {
  ChatStream,
  ChatStreamPart,
  CompletionStream,
  CompletionStreamPart,
  FinishStreamPart,
  LLMStream,
  ReasoningStreamPart,
  RestartStreamPart,
  TextStreamPart,
  ToolCallStreamPart,
} from './contract/stream-part.js'
export type {
  ChoiceOutput,
  DeepPartial,
  GrammarOutput,
  JsonOutput,
  JsonSchema,
  OutputEffort,
  OutputReport,
  OutputRung,
  RegexOutput,
  SchemaLike,
  StructuredOutput,
} from './contract/structured-output.js'
export type { Capabilities, OptionGaps, OptionName, RareOption, Route } from './contract/capabilities.js'
export type { LLMMetadata } from './contract/metadata.js'
export type {
  GenerateInput,
  GenerateOneOptions,
  GenerateOneResult,
  GenerateOptions,
  GenerateOutcome,
  GenerateOutput,
  PreparedInput,
} from './contract/generate.js'
export type {
  CallbackEvents,
  LLMEndEvent,
  LLMErrorEvent,
  LLMStartEvent,
  LLMStreamEvent,
  RetryEvent,
  WaitingEvent,
} from './contract/callback.js'

export { generateDataset } from './dataset/generate-dataset.js'
export type { DatasetLLM, GenerateDatasetOptions, InputBytes, TokenPrices } from './dataset/dataset-options.js'
export type { DatasetRun } from './dataset/dataset-run.js'
export type { AnswerColumns, DatasetRow, RowStatus } from './dataset/dataset-row.js'
export type {
  EndpointProgress,
  EndpointSummary,
  RowCounts,
  RunEnd,
  RunPause,
  RunProgress,
  RunSummary,
  SelectionProgress,
  TokenCounts,
} from './dataset/run-progress.js'
export type { LimitSignal } from './dataset/concurrency/limit-controller.js'
export { candidates } from './dataset/sources/candidates.js'
export { jsonlSource } from './dataset/sources/jsonl-source.js'
export { csvSource } from './dataset/sources/csv-source.js'
export type { CsvSourceOptions } from './dataset/sources/csv-source.js'
export { parquetSource } from './dataset/sources/parquet-source.js'
export { openSource } from './dataset/sources/open-source.js'
export type { DatasetFolderOptions } from './dataset/sources/dataset-folder.js'
export type {
  ReadOptions,
  Source,
  SourceChunk,
  SourceIdentity,
  SourcePosition,
  SourceRow,
} from './dataset/sources/source.js'
export { jsonlSink } from './dataset/sinks/jsonl-sink.js'
export type { JsonlSinkOptions } from './dataset/sinks/jsonl-sink.js'
export { csvSink } from './dataset/sinks/csv-sink.js'
export type { CsvSinkOptions } from './dataset/sinks/csv-sink.js'
export { parquetSink } from './dataset/sinks/parquet-sink.js'
export type { ParquetSinkOptions } from './dataset/sinks/parquet-sink.js'
export { datasetFolderSink } from './dataset/sinks/dataset-folder-sink.js'
export type { DatasetFolderSinkOptions } from './dataset/sinks/dataset-folder-sink.js'
export type { ColumnType, ColumnTypes, TimeUnit } from './dataset/tables/column-type.js'
export { streamSink } from './dataset/sinks/stream-sink.js'
export type { FinishedRow, Sink, SinkState } from './dataset/sinks/sink.js'
export { columnsTask } from './tasks/columns-task.js'
export type { ColumnsTaskOptions } from './tasks/columns-task.js'
export { templateTask } from './tasks/template-task.js'
export type { TemplateMessage, TemplateTaskOptions } from './tasks/template-task.js'
export { batchTask } from './tasks/batch-task.js'
export { magpieTask } from './tasks/magpie/magpie-task.js'
export type { MagpieTaskOptions, TurnOptions } from './tasks/magpie/magpie-options.js'
export type { SystemPrompts } from './tasks/magpie/system-prompts.js'
export { RejectedAnswer } from './tasks/rejected-answer.js'
export type { Row, RowSelection, StoredAnswer, Task, TaskRequest } from './tasks/task.js'

export { HeadraceError, isHeadraceError } from './errors/headrace-error.js'
export type { HeadraceErrorOptions, PartialAnswer } from './errors/headrace-error.js'
export { errorCatalogue } from './errors/catalogue.js'
export type { ErrorCode } from './errors/catalogue.js'
export { InvalidOptionError } from './errors/invalid-option-error.js'
export { InvalidRequestError } from './errors/invalid-request-error.js'
export { UnsupportedOptionError } from './errors/unsupported-option-error.js'
export { ModelAbilityError } from './errors/model-ability-error.js'
export { NotLoadedError } from './errors/not-loaded-error.js'
export { ContextOverflowError } from './errors/context-overflow-error.js'
export { ConnectionError } from './errors/connection-error.js'
export { WrongServerError } from './errors/wrong-server-error.js'
export { AuthenticationError } from './errors/authentication-error.js'
export { PaymentRequiredError } from './errors/payment-required-error.js'
export { PermissionError } from './errors/permission-error.js'
export { AddressBannedError } from './errors/address-banned-error.js'
export { ModelNotFoundError } from './errors/model-not-found-error.js'
export { ModelLoadingError } from './errors/model-loading-error.js'
export { LaunchFailedError } from './errors/launch-failed-error.js'
export { RateLimitError } from './errors/rate-limit-error.js'
export { RefusedError } from './errors/refused-error.js'
export { ServerError } from './errors/server-error.js'
export { TimeoutError } from './errors/timeout-error.js'
export { AbortedError } from './errors/aborted-error.js'
export { StreamTruncatedError } from './errors/stream-truncated-error.js'
export { MalformedResponseError } from './errors/malformed-response-error.js'
export { InvalidOutputError } from './errors/invalid-output-error.js'
export { TruncatedOutputError } from './errors/truncated-output-error.js'
export { ModelFileError } from './errors/model-file-error.js'
export { MissingPackageError } from './errors/missing-package-error.js'
export { PortInUseError } from './errors/port-in-use-error.js'
export { FileError } from './errors/file-error.js'
export { InvalidRowError } from './errors/invalid-row-error.js'
export { OutputExistsError } from './errors/output-exists-error.js'
export { RunChangedError } from './errors/run-changed-error.js'
export { EndpointsDifferError } from './errors/endpoints-differ-error.js'
export { RunLockedError } from './errors/run-locked-error.js'
export { DiskFullError } from './errors/disk-full-error.js'
export { JournalError } from './errors/journal-error.js'
export { SerializationError } from './errors/serialization-error.js'
export type { OutputAttempt, OutputIssue } from './errors/invalid-output-error.js'
export type { TimeoutPhase } from './errors/timeout-error.js'

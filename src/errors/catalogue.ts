/** What each code means and what to do about it: the source of `docs/errors.md`. */
export const errorCatalogue = {
  INVALID_OPTION: {
    className: 'InvalidOptionError',
    meaning: 'An option has a wrong name, type, range or combination.',
    action: 'Correct the option that the message names; nothing was sent.',
  },
  INVALID_REQUEST: {
    className: 'InvalidRequestError',
    meaning: 'The conversation or prompt cannot be right, or the server refused the request as wrong.',
    action: 'Correct the request; sending it again gives the same answer.',
  },
  UNSUPPORTED_OPTION: {
    className: 'UnsupportedOptionError',
    meaning: 'The server or engine does not honour this option and would drop it silently.',
    action: "Leave the option out, choose another engine, or set `unsupportedOptions: 'warn'`.",
  },
  MODEL_ABILITY: {
    className: 'ModelAbilityError',
    meaning: 'The model cannot do what was asked: chat, tools, images.',
    action: 'Use another model, or the method that the message names.',
  },
  NOT_LOADED: {
    className: 'NotLoadedError',
    meaning: 'Something was read that is known only after `load()`.',
    action: 'Call `await llm.load()` first.',
  },
  CONTEXT_OVERFLOW: {
    className: 'ContextOverflowError',
    meaning: 'Prompt or `maxTokens` do not fit the context window.',
    action: 'Shorten the prompt, lower `maxTokens`, or launch the model with a larger window.',
  },
  CONNECTION_FAILED: {
    className: 'ConnectionError',
    meaning: 'No connection, or it broke before an answer began.',
    action: 'Check address, port, that the server runs, proxy and certificate.',
  },
  WRONG_SERVER: {
    className: 'WrongServerError',
    meaning: 'Something answers at the address, but not the expected server.',
    action: "Check the address, and that it is the server's root.",
  },
  AUTHENTICATION_FAILED: {
    className: 'AuthenticationError',
    meaning: 'The server wants a credential, or refused the given one.',
    action:
      'Set `apiKey` or the environment variable that the message names. It is never retried: wrong keys get the address banned.',
  },
  PERMISSION_DENIED: {
    className: 'PermissionError',
    meaning: 'The credential is valid and may not do this.',
    action: 'Use a key with the right that the message names.',
  },
  PAYMENT_REQUIRED: {
    className: 'PaymentRequiredError',
    meaning: 'The account has no credit left for this.',
    action: 'Add credit, name who pays (`billTo`), or use a server of your own.',
  },
  ADDRESS_BANNED: {
    className: 'AddressBannedError',
    meaning: 'The server bans this address after too many wrong credentials.',
    action: 'Wait (an hour on Xinference) and correct the key first.',
  },
  MODEL_NOT_FOUND: {
    className: 'ModelNotFoundError',
    meaning: 'The server does not have the model.',
    action: 'Use one of the names in the message, or launch the model.',
  },
  MODEL_LOADING: {
    className: 'ModelLoadingError',
    meaning: 'The model is still loading.',
    action: 'Wait; calls wait by themselves for up to `waitTimeoutMs`.',
  },
  LAUNCH_FAILED: {
    className: 'LaunchFailedError',
    meaning: 'A model could not be launched, or died while it loaded.',
    action: "Read the server's reason in the message; `terminateModel` clears what is left of it.",
  },
  RATE_LIMITED: {
    className: 'RateLimitError',
    meaning: 'The server has as many requests as it takes.',
    action: "Lower `concurrency`, or raise the server's limit.",
  },
  REFUSED: {
    className: 'RefusedError',
    meaning: 'The server withheld the answer: a content filter. Only `generate` makes an error of it.',
    action: "Change the prompt, or the server's filter.",
  },
  SERVER_ERROR: {
    className: 'ServerError',
    meaning: 'The server failed.',
    action: "Read the server's own words in the message and its log.",
  },
  TIMEOUT: {
    className: 'TimeoutError',
    meaning: 'A deadline passed: connect, first token, idle or total.',
    action: 'Raise the timeout that the message names, or look why the server is silent.',
  },
  ABORTED: {
    className: 'AbortedError',
    meaning: "The caller's signal, a `break`, or `unload()` ended the call.",
    action: 'Nothing: this is what was asked for.',
  },
  STREAM_TRUNCATED: {
    className: 'StreamTruncatedError',
    meaning: 'The stream ended before the answer did.',
    action: "Use `error.partial.text`, or ask again; look at the server's log.",
  },
  MALFORMED_RESPONSE: {
    className: 'MalformedResponseError',
    meaning: 'The answer is not the protocol.',
    action: 'Check what stands between client and server; the message quotes the beginning.',
  },
  INVALID_OUTPUT: {
    className: 'InvalidOutputError',
    meaning: 'No answer was what `structuredOutput` asked for.',
    action:
      'Look at `error.issues` and at the texts in `error.attempts`; raise `structuredOutput.maxAttempts`, make the schema simpler, or use a larger model.',
  },
  OUTPUT_TRUNCATED: {
    className: 'TruncatedOutputError',
    meaning: 'The answer met its token limit before it was what `structuredOutput` asked for.',
    action:
      'Raise `maxTokens`, or give texts and lists of the schema a length. `error.partial.text` is how far it came.',
  },
  MODEL_FILE: {
    className: 'ModelFileError',
    meaning: 'The model file is missing, broken or of an unknown version.',
    action: 'Check the path and download the file again.',
  },
  MISSING_PACKAGE: {
    className: 'MissingPackageError',
    meaning: 'An optional package is needed and not installed.',
    action: 'Run the `npm install` that the message shows.',
  },
  PORT_IN_USE: {
    className: 'PortInUseError',
    meaning: '`serve` cannot listen: another program has the port.',
    action: 'Choose another `--port`, or `--port 0` for a free one.',
  },
  FILE_UNREADABLE: {
    className: 'FileError',
    meaning: 'A file that was named cannot be read or written.',
    action: 'Check the path and the permissions.',
  },
  INVALID_ROW: {
    className: 'InvalidRowError',
    meaning: 'A row of a dataset cannot be asked: it is not JSON, lacks a column, or its template fails.',
    action: 'Correct the row that the message names; the others are not touched by it.',
  },
  OUTPUT_EXISTS: {
    className: 'OutputExistsError',
    meaning: 'A file stands where a run would write its output.',
    action: 'Give another output, or move the file away.',
  },
  RUN_CHANGED: {
    className: 'RunChangedError',
    meaning: 'A run cannot go on as it was begun: its input, task, model or options have changed.',
    action: 'Change back what the message names, or begin a new run with `--fork` (`fork: true`).',
  },
  ENDPOINTS_DIFFER: {
    className: 'EndpointsDifferError',
    meaning:
      'The endpoints of a run serve different models, or the same one with another context window or other options.',
    action:
      'Give endpoints of one model, or allow that their rows are mixed with `--allow-different-models` (`allowDifferentModels: true`).',
  },
  RUN_LOCKED: {
    className: 'RunLockedError',
    meaning: 'Another process works on the same run.',
    action: 'Wait for it, stop it, or give another output.',
  },
  DISK_FULL: {
    className: 'DiskFullError',
    meaning: 'The disk has no room for a run. What was stored before is safe.',
    action: 'Make room and run the same command again: it goes on where it stopped.',
  },
  JOURNAL_FAILED: {
    className: 'JournalError',
    meaning: 'The journal of a run cannot be read or written, or the run folder holds no run.',
    action: 'Read the reason in the message; check the disk and the path.',
  },
  NOT_DESERIALIZABLE: {
    className: 'SerializationError',
    meaning: '`fromJSON` was given something that it cannot turn into a model.',
    action: 'Pass what `toJSON()` gave, and the class in `classes` if it has its own entry point.',
  },
} as const

/** The stable codes of the error family. */
export type ErrorCode = keyof typeof errorCatalogue

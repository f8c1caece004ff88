import { InvalidOptionError } from '../../errors/invalid-option-error.js'

/** @throws InvalidOptionError `INVALID_OPTION` when cells cannot be kept apart by it. */
export function checkDelimiter(where: string, delimiter: string | undefined): void {
  if (delimiter === undefined || /^[^"\r\n]$/.test(delimiter)) return
  throw new InvalidOptionError(`${where}: delimiter must be one character, and neither a quote nor a line break.`, {
    option: 'delimiter',
  })
}

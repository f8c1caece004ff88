/** Without the control characters by which a text could take over a terminal. Tabs and line breaks stay. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\0-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]/g, '')
}

/** Dimmed where the stream is a terminal that shows colours and `NO_COLOR` is not set. */
export function dim(text: string, stream: NodeJS.WriteStream): string {
  return stream.isTTY && stream.hasColors() ? `\x1b[2m${text}\x1b[22m` : text
}

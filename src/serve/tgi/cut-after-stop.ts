/**
 * What of a piece belongs to a text: all of it, or up to the end of the stop string that is complete first. TGI leaves that
 * string in the text.
 */
export function cutAfterStop(
  text: string,
  piece: string,
  stops: readonly string[],
): { readonly kept: string; readonly isStopped: boolean } {
  const whole = text + piece
  let end = Infinity
  for (const stop of stops) {
    const start = whole.indexOf(stop, Math.max(0, text.length - stop.length + 1))
    if (start !== -1) end = Math.min(end, start + stop.length)
  }
  return end === Infinity ? { kept: piece, isStopped: false } : { kept: whole.slice(text.length, end), isStopped: true }
}

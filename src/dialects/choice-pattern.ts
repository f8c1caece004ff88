/** The regular expression that these texts match and no others. */
export function choicePattern(choices: readonly string[]): string {
  return `(${choices.map((choice) => choice.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join('|')})`
}

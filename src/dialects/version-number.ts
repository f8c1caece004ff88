/** Whether a version such as `3.3.6-dev0` is `major.minor` or later; of one that cannot be read, `undefined`. */
export function isAtLeast(version: string, major: number, minor: number): boolean | undefined {
  const [, given, givenMinor] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  if (given === undefined || givenMinor === undefined) return undefined
  return Number(given) > major || (Number(given) === major && Number(givenMinor) >= minor)
}

import { fractionDigits, type TimeUnit } from './column-type.js'

/**
 * A time in ISO 8601, with as many digits as it needs, and with `Z` where it is one in UTC; plain digits where it lies
 * outside the years that JavaScript knows.
 */
export function formatTimestamp(ticks: bigint, unit: TimeUnit, isUTC: boolean): string {
  const perSecond = 10n ** BigInt(fractionDigits[unit])
  const fraction = ((ticks % perSecond) + perSecond) % perSecond
  const date = new Date(Number((ticks - fraction) / perSecond) * 1000)
  if (Number.isNaN(date.getTime())) return ticks.toString()
  return `${date.toISOString().slice(0, -'.000Z'.length)}${formatFraction(fraction, unit)}${isUTC ? 'Z' : ''}`
}

/** The inverse of {@link formatTimestamp}; `undefined`: it is no such text. */
export function parseTimestamp(text: string, unit: TimeUnit): bigint | undefined {
  const [, seconds, fraction = ''] = /^([+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z?$/.exec(text) ?? []
  if (seconds === undefined) return /^-?\d+$/.test(text) ? BigInt(text) : undefined
  const digits = fractionDigits[unit]
  if (fraction.length > digits) return undefined
  const milliseconds = Date.parse(`${seconds}Z`)
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds / 1000) * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0'))
}

/** `03:04:05.25` */
export function formatTimeOfDay(ticks: bigint, unit: TimeUnit): string {
  const perSecond = 10n ** BigInt(fractionDigits[unit])
  const seconds = Number(ticks / perSecond)
  const two = (number: number): string => String(number).padStart(2, '0')
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${clock}${formatFraction(ticks % perSecond, unit)}`
}

/** `2026-01-31` */
export function formatDate(days: number): string {
  const date = new Date(days * 86_400_000)
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().slice(0, -'T00:00:00.000Z'.length)
}

/** The inverse of {@link formatDate}; `undefined`: it is no such text. */
export function parseDate(text: string): number | undefined {
  if (/^-?\d+$/.test(text)) return Number(text)
  const milliseconds = /^[+-]?\d{4,6}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 86_400_000
}

function formatFraction(fraction: bigint, unit: TimeUnit): string {
  const digits = fraction.toString().padStart(fractionDigits[unit], '0').replace(/0+$/, '')
  return digits === '' ? '' : `.${digits}`
}

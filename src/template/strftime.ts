const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

const fields: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => dayOf(date).slice(0, 3),
  A: dayOf,
  b: (date) => monthOf(date).slice(0, 3),
  B: monthOf,
  d: (date) => twoDigits(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  F: (date) => strftime(date, '%Y-%m-%d'),
  H: (date) => twoDigits(date.getHours()),
  I: (date) => twoDigits(date.getHours() % 12 || 12),
  j: (date) => String(dayOfYear(date)).padStart(3, '0'),
  m: (date) => twoDigits(date.getMonth() + 1),
  M: (date) => twoDigits(date.getMinutes()),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  S: (date) => twoDigits(date.getSeconds()),
  T: (date) => strftime(date, '%H:%M:%S'),
  y: (date) => twoDigits(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  '%': () => '%',
}

/**
 * A date in local time as C's function writes it, in English whatever the machine's language, for templates that tell
 * the model what day it is. `%-d` leaves out leading zeros. An unknown directive stays as it is.
 */
export function strftime(date: Date, format: string): string {
  return format.replaceAll(/%(-?)([a-zA-Z%])/g, (whole: string, bare: string, directive: string) => {
    const text = fields[directive]?.(date)
    if (text === undefined) return whole
    return bare === '' ? text : text.replace(/^[0 ]+(?=\d)/, '')
  })
}

function dayOf(date: Date): string {
  return days[date.getDay()] as string
}

function monthOf(date: Date): string {
  return months[date.getMonth()] as string
}

function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return (midnight - Date.UTC(date.getFullYear(), 0, 0)) / 86_400_000
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

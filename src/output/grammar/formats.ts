const date = String.raw`(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))`
const clock = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?`
const zone = String.raw`(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`
const byte = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?'
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const pathChars = "[a-zA-Z0-9._~!$&'()*+,;=:@-]"

const uri = String.raw`https?://(?:${label}\.){1,3}[a-zA-Z]{2,12}(?::[1-9]\d{0,3})?(?:/${pathChars}*){0,8}`
const pointer = '(?:/(?:[^/~]|~[01])*){0,8}'

/**
 * Formats of JSON Schema as regular expressions. They match a part of what the format allows where the whole is of no
 * use in an answer: no quoted mailboxes, web addresses only, all eight groups of an IPv6 address.
 */
const formats: Readonly<Record<string, string>> = {
  date,
  time: clock + zone,
  'date-time': `(?:${date})T${clock}${zone}`,
  duration: String.raw`P(?:\d{1,4}W|\d{1,4}Y(?:\d{1,2}M)?(?:\d{1,3}D)?|\d{1,3}M(?:\d{1,3}D)?|\d{1,4}D(?:T\d{1,2}H(?:\d{1,2}M)?)?|T(?:\d{1,3}H(?:\d{1,2}M)?(?:\d{1,2}S)?|\d{1,4}M(?:\d{1,2}S)?|\d{1,6}S))`,
  email: String.raw`[a-zA-Z0-9]+(?:[._+-][a-zA-Z0-9]+){0,4}@(?:${label}\.){1,3}[a-zA-Z]{2,12}`,
  hostname: String.raw`${label}(?:\.${label}){0,4}`,
  ipv4: String.raw`(?:${byte}\.){3}${byte}`,
  ipv6: '(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}',
  uri,
  uuid,
  'json-pointer': pointer,
  'relative-json-pointer': `(?:0|[1-9][0-9]{0,3})(?:#|${pointer})`,
  'json-pointer-uri-fragment': "#(?:/(?:[a-zA-Z0-9._!$&'()*+,;=:@-]|~[01])*){0,8}",
  'uri-reference': `(?:${uri}|(?:/${pathChars}+){1,8})`,
  'uri-template': String.raw`https?://(?:${label}\.){1,3}[a-zA-Z]{2,12}(?:/(?:[a-zA-Z0-9._~-]{1,20}|\{[a-z]{1,20}\})){0,6}`,
  regex: String.raw`(?:[a-zA-Z0-9 _-]|\[[a-y]-z\]|\\[dws])*`,
  byte: '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
}

/** Other names, and names of subsets that are taken for the whole. */
const sameFormats: Readonly<Record<string, string>> = {
  'idn-email': 'email',
  'idn-hostname': 'hostname',
  iri: 'uri',
  'iri-reference': 'uri-reference',
  'iso-date-time': 'date-time',
  'iso-time': 'time',
  url: 'uri',
}

/** Formats that say nothing of the characters: those of numbers, and of how a text is shown. */
const silentFormats = new Set(['binary', 'double', 'float', 'int32', 'int64', 'password'])

/** The regular expression of a whole text in this format, if the format is known. */
export function patternOfFormat(format: string): string | undefined {
  const name = sameFormats[format] ?? format
  return Object.hasOwn(formats, name) ? formats[name] : undefined
}

export function saysNothing(format: string): boolean {
  return silentFormats.has(format)
}

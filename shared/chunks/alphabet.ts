/**
 * The symbols that the sort keys of one partition key are written in, place by place. A symbol is a code point (S) or a
 * byte (B). Lists of symbols, shorter first, sort as DynamoDB sorts both types, because UTF-8 keeps the order of code
 * points.
 */
export type Symbols = number[]

/** Marks the end of a key. It sorts before every symbol, as a key sorts before its extensions. */
export const END = -1

/** Digits, capitals and small letters: the symbols of one family replace each other in ids and timestamps. */
const FAMILIES = [rangeOf(0x30, 0x39), rangeOf(0x41, 0x5a), rangeOf(0x61, 0x7a)]
const [DIGITS] = FAMILIES as [Symbols]

const BYTES = rangeOf(0, 0xff)
const BYTES_OR_END = [END, ...BYTES]

/** ISO 8601 date and time, and the highest digit that each of its places can hold. */
const TIMESTAMP = /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?/g
const HIGHEST = '9999-19-39T29:59:59'

/**
 * The alphabet of each place from `skip` on, ascending: the symbols that `samples` have there, and their relatives.
 * Relatives are all the digits and letters seen where symbols of their family vary. Ids show their alphabet that way,
 * while the `T` and `Z` of timestamps never vary and stay alone. Families that share one place (hexadecimal digits and
 * letters) come together everywhere.
 */
export function textAlphabets(samples: Symbols[], skip: number): Symbols[] {
  const seen = symbolsByPlace(samples, skip)
  const highest = highestDigits(samples[0]!).slice(skip)
  const families = FAMILIES.map((family) => {
    const at = seen.map((symbols) => symbols.filter((symbol) => family.includes(symbol)))
    const varying = ascending(at.filter((members) => members.length > 1).flat())
    return { at, seen: family === DIGITS && varying.length > 0 ? DIGITS : varying }
  })
  const alphabets = families.map(({ at, seen }) =>
    seen.length > 0 ? families.filter((other) => meet(at, other.at)).flatMap((other) => other.seen) : [],
  )
  return seen.map((symbols, place) => {
    const relatives = alphabets.filter((_, family) => families[family]!.at[place]!.length > 0).flat()
    return ascending([...symbols, ...relatives.filter((symbol) => symbol <= (highest[place] ?? symbol))])
  })
}

/** The highest digit at each place of a timestamp: minutes end at 59, so no key lies at minute 60 to 99. */
function highestDigits(symbols: Symbols): Symbols {
  // One UTF-16 unit for each symbol, so that the index of a match is its place.
  const text = String.fromCharCode(...symbols.map((symbol) => Math.min(symbol, 0xffff)))
  const highest: Symbols = []
  for (const { 0: match, index } of text.matchAll(TIMESTAMP)) {
    for (let place = 0; place < match.length; place++) highest[index + place] = HIGHEST.charCodeAt(place)
  }
  return highest
}

/** Like {@link textAlphabets}, for bytes: every byte where two were seen, otherwise the only one. */
export function byteAlphabets(samples: Symbols[], skip: number): Symbols[] {
  return symbolsByPlace(samples, skip).map((symbols) => {
    const bytes = symbols.filter((symbol) => symbol !== END)
    if (bytes.length < 2) return symbols
    return symbols[0] === END ? BYTES_OR_END : BYTES
  })
}

/** Length of the common prefix of two keys, in symbols. */
export function commonPrefix(a: Symbols, b: Symbols): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

function symbolsByPlace(samples: Symbols[], skip: number): Symbols[] {
  const places = Math.max(...samples.map((symbols) => symbols.length)) - skip
  return Array.from({ length: Math.max(places, 0) }, (_, place) => {
    const here = samples.filter((symbols) => symbols.length >= skip + place)
    return ascending(here.map((symbols) => symbols[skip + place] ?? END))
  })
}

/** Whether members of both families were seen at one place. A family always meets itself. */
function meet(a: Symbols[], b: Symbols[]): boolean {
  return a.some((members, place) => members.length > 0 && b[place]!.length > 0)
}

function rangeOf(first: number, last: number): Symbols {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function ascending(symbols: Symbols): Symbols {
  return [...new Set(symbols)].sort((a, b) => a - b)
}

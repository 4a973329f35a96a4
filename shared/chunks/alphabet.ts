/**
 * The symbols that the sort keys of one partition key are written in, place by place. A symbol is a code point (S) or a
 * byte (B). Lists of symbols, shorter first, sort as DynamoDB sorts both types, because UTF-8 keeps the order of code
 * points.
 */
export type Symbols = number[]

/** The symbols that a place can hold: spans of neighbouring symbols, both ends inclusive, ascending and apart. */
export type Alphabet = readonly (readonly [first: number, last: number])[]

/** Marks the end of a key. It sorts before every symbol, as a key sorts before its extensions. */
export const END = -1

/** Digits, capitals and small letters: the symbols of one family replace each other in ids and timestamps. */
const FAMILIES = [[0x30, 0x39] as const, [0x41, 0x5a] as const, [0x61, 0x7a] as const]
const [DIGITS] = FAMILIES as [(typeof FAMILIES)[number]]

const ALL_BYTES = [0, 0xff] as const

/** ISO 8601 date and time, and the highest digit that each of its places can hold. */
const TIMESTAMP = /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?/g
const HIGHEST = '9999-19-39T29:59:59'

/**
 * If more than this share of the symbols were seen only once, then most symbols have not been seen at all.
 * Source: Good–Turing; the share estimates how often the next symbol is a new one.
 */
const MOSTLY_UNSEEN = 0.2

/**
 * The alphabet of each place from `skip` on: the symbols that `samples` have there, and their relatives. Relatives are
 * all the digits and letters seen where symbols of their family vary. Ids show their alphabet that way, while the `T`
 * and `Z` of timestamps never vary and stay alone. Families that share one place (hexadecimal digits and letters) come
 * together everywhere. All other symbols (punctuation, other scripts) are one more family. Where most of its symbols
 * have not been seen, as in Chinese names, it is every symbol between the lowest and the highest that were.
 */
export function textAlphabets(samples: Symbols[], skip: number): Alphabet[] {
  const seen = symbolsByPlace(samples, skip)
  const highest = highestDigits(samples[0]!).slice(skip)
  const families = [...FAMILIES, undefined].map((family) => {
    const at = seen.map((symbols) => symbols.filter((symbol) => belongs(symbol, family)))
    const varying = at.filter((members) => new Set(members).size > 1).flat()
    return { at, relatives: relativesOf(varying, family) }
  })
  const alphabets = families.map(({ at, relatives }) =>
    relatives.length > 0 ? families.filter((other) => meet(at, other.at)).flatMap((other) => other.relatives) : [],
  )
  return seen.map((symbols, place) => {
    const limit = highest[place]
    const relatives = alphabets.filter((_, family) => families[family]!.at[place]!.length > 0).flat()
    const allowed = relatives.flatMap(([first, last]) => {
      const end = limit === undefined ? last : Math.min(last, limit)
      return first <= end ? [[first, end] as const] : []
    })
    return alphabetOf([...symbols.map((symbol) => [symbol, symbol] as const), ...allowed])
  })
}

/** The symbols that may stand where these members of a family vary. */
function relativesOf(varying: Symbols, family: readonly [number, number] | undefined): Alphabet {
  if (varying.length === 0) return []
  if (family === DIGITS) return [DIGITS]
  const distinct = alphabetOf(varying.map((symbol) => [symbol, symbol] as const))
  if (family) return distinct
  const counts = new Map<number, number>()
  for (const symbol of varying) counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
  const once = [...counts.values()].filter((count) => count === 1).length
  return once > varying.length * MOSTLY_UNSEEN ? withoutSurrogates(distinct[0]![0], distinct.at(-1)![1]) : distinct
}

/** Surrogates are no symbols of a text: UTF-8 cannot hold them alone. */
function withoutSurrogates(first: number, last: number): Alphabet {
  const spans = [[first, Math.min(last, 0xd7ff)] as const, [Math.max(first, 0xe000), last] as const]
  return spans.filter(([from, to]) => from <= to)
}

function belongs(symbol: number, family: readonly [number, number] | undefined): boolean {
  if (family) return symbol >= family[0] && symbol <= family[1]
  return symbol !== END && !FAMILIES.some(([first, last]) => symbol >= first && symbol <= last)
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
export function byteAlphabets(samples: Symbols[], skip: number): Alphabet[] {
  return symbolsByPlace(samples, skip).map((symbols) => {
    const distinct = new Set(symbols)
    distinct.delete(END)
    const spans = symbols.map((symbol) => [symbol, symbol] as const)
    return alphabetOf(distinct.size < 2 ? spans : [...spans, ALL_BYTES])
  })
}

/**
 * Whether symbols between these two may exist that no sample has, because one of them is no digit and no letter.
 * Otherwise their alphabets are known.
 */
export function hidesOthers(first: number, last: number): boolean {
  return belongs(first, undefined) || belongs(last, undefined)
}

/** An alphabet with symbols between these two: fewer of each longer encoding, as texts have them; all, where few fit. */
export function filled(alphabet: Alphabet, first: number, last: number): Alphabet {
  const between = COARSE.filter(([symbol]) => symbol > first && symbol < last)
  return alphabetOf([...alphabet, ...(between.length > 0 ? between : withoutSurrogates(first, last))])
}

/** The first symbol of each stretch: 128 of one byte in UTF-8, 60 of two, 60 of three and 32 of four. */
const COARSE: Alphabet = [
  [0, 0x80, 1],
  [0x80, 0x800, 0x20],
  [0x800, 0xd800, 0x400],
  [0xe000, 0x10000, 0x400],
  [0x10000, 0x110000, 0x8000],
].flatMap(([from, to, step]) =>
  Array.from({ length: (to! - from!) / step! }, (_, index) => [from! + index * step!, from! + index * step!] as const),
)

/** How many symbols an alphabet has. */
export function sizeOf(alphabet: Alphabet): number {
  return alphabet.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** The number of the first symbol of an alphabet that is not below `symbol`, from 0; its size if all are. */
export function indexIn(alphabet: Alphabet, symbol: number): number {
  let index = 0
  for (const [first, last] of alphabet) {
    if (symbol <= first) return index
    if (symbol <= last) return index + symbol - first
    index += last - first + 1
  }
  return index
}

/** The symbol of an alphabet that has this number. */
export function symbolAt(alphabet: Alphabet, index: number): number {
  let rest = index
  for (const [first, last] of alphabet) {
    if (rest <= last - first) return first + rest
    rest -= last - first + 1
  }
  return alphabet.at(-1)![1]
}

/** Length of the common prefix of two keys, in symbols. */
export function commonPrefix(a: Symbols, b: Symbols): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** Every symbol that the samples have at each place, with repeats. */
function symbolsByPlace(samples: Symbols[], skip: number): Symbols[] {
  const places = Math.max(...samples.map((symbols) => symbols.length)) - skip
  return Array.from({ length: Math.max(places, 0) }, (_, place) => {
    const here = samples.filter((symbols) => symbols.length >= skip + place)
    return here.map((symbols) => symbols[skip + place] ?? END)
  })
}

/** Whether members of both families were seen at one place. A family always meets itself. */
function meet(a: Symbols[], b: Symbols[]): boolean {
  return a.some((members, place) => members.length > 0 && b[place]!.length > 0)
}

/** The union of spans. */
function alphabetOf(spans: Alphabet): Alphabet {
  const united: [number, number][] = []
  for (const [first, last] of [...spans].sort((a, b) => a[0] - b[0])) {
    const before = united.at(-1)
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else united.push([first, last])
  }
  return united
}

import type { KeyValue } from '../dynamodb/attributes.ts'
import { numberAt, scaleNumber } from '../dynamodb/number.ts'
import {
  type Alphabet,
  byteAlphabets,
  commonPrefix,
  END,
  filled,
  hidesOthers,
  indexIn,
  type Symbols,
  sizeOf,
  symbolAt,
  textAlphabets,
} from './alphabet.ts'
import { MAX_SORT_KEY_BYTES } from './order.ts'

/**
 * Places measured after the place that distinguishes the closest two samples: steps are finer than 10^-15 of their
 * distance.
 */
const FINER_PLACES = 16

/**
 * Maps the sort keys between two known ones to integer positions, never falling as keys rise, and positions back to
 * keys. Exact, not floating-point: distances stay right even between two very narrow clusters.
 */
export interface Scale {
  /** Distinct for distinct samples. A key with symbols that no sample has shares the position of the next key. */
  position(value: KeyValue): bigint
  /** A valid key value at or before a position. It need not exist in the table. */
  valueAt(position: bigint): KeyValue
}

/**
 * The scale between the first and the last of `samples`: at least two sort keys of one type, ascending. Numbers are
 * measured by value. Strings and bytes are read as numbers whose digits, place by place, are the symbols of the
 * samples, so even steps of position are even steps of a timestamp, an id or a counter.
 */
export function scaleOf(samples: KeyValue[]): Scale {
  if ('N' in samples[0]!) {
    return {
      position: (value) => scaleNumber((value as { N: string }).N),
      valueAt: (position) => ({ N: numberAt(position) }),
    }
  }
  return 'S' in samples[0]!
    ? symbolScale(samples, codePoints, toText, textAlphabets)
    : symbolScale(samples, bytes, (symbols) => ({ B: Uint8Array.from(symbols) }), byteAlphabets)
}

/**
 * A second scale where the first may be far off: for numbers of different magnitudes, which may be spread over all of
 * them evenly; and for texts that first differ in a symbol that is no digit and no letter, between which others may lie
 * that no sample has.
 * @param samples as for {@link scaleOf}; `after` and `before` are two of them.
 */
export function otherScaleOf(samples: KeyValue[], after: KeyValue, before: KeyValue): Scale | undefined {
  if ('N' in after && 'N' in before) return differInMagnitude(after.N, before.N) ? magnitudeScale : undefined
  if (!('S' in after)) return undefined
  const [low, high] = [codePoints(after), codePoints(before)]
  const place = commonPrefix(low, high)
  const [first, last] = [low[place] ?? END, high[place]!]
  if (!hidesOthers(first, last) || last - first < 2) return undefined
  return symbolScale(samples, codePoints, toText, (symbols, skip) =>
    textAlphabets(symbols, skip).map((alphabet, index) =>
      skip + index === place ? filled(alphabet, Math.max(first, 0), last) : alphabet,
    ),
  )
}

function differInMagnitude(a: string, b: string): boolean {
  const [low, high] = [scaleNumber(a), scaleNumber(b)]
  return low < 0n !== high < 0n || Math.abs(String(low).length - String(high).length) >= MAGNITUDES
}

/** Numbers that differ by fewer powers of ten than this are measured by value alone. */
const MAGNITUDES = 3

/** Each power of ten is as long as any other, and even within. Negative numbers mirror positive ones. */
const magnitudeScale: Scale = {
  position: (value) => {
    const scaled = scaleNumber((value as { N: string }).N)
    const digits = String(scaled < 0n ? -scaled : scaled)
    const position = BigInt(digits.length) * STEPS + BigInt(digits.slice(0, STEP_DIGITS).padEnd(STEP_DIGITS, '0'))
    return scaled < 0n ? -position : position
  },
  valueAt: (position) => {
    const size = position < 0n ? -position : position
    const lowest = STEPS / 10n
    const leading = size % STEPS < lowest ? lowest : size % STEPS
    const scaled = (leading * 10n ** (size / STEPS)) / STEPS
    return { N: numberAt(position < 0n ? -scaled : scaled) }
  },
}

/** Digits that tell numbers of one magnitude apart. */
const STEP_DIGITS = 38
const STEPS = 10n ** BigInt(STEP_DIGITS)

function symbolScale(
  samples: KeyValue[],
  symbolsOf: (value: KeyValue) => Symbols,
  keyOf: (symbols: Symbols) => KeyValue,
  alphabetsOf: (samples: Symbols[], skip: number) => Alphabet[],
): Scale {
  const written = samples.map(symbolsOf)
  const skip = commonPrefix(written[0]!, written.at(-1)!)
  const prefix = written[0]!.slice(0, skip)
  const told = Math.max(...written.slice(1).map((symbols, index) => commonPrefix(written[index]!, symbols)))
  const depth = told + FINER_PLACES
  const alphabets = alphabetsOf(
    written.map((symbols) => symbols.slice(0, depth)),
    skip,
  )
  return {
    position: (value) => toPosition(symbolsOf(value).slice(skip, depth), alphabets),
    valueAt: (position) => keyOf([...prefix, ...toSymbols(position, alphabets)]),
  }
}

function toPosition(symbols: Symbols, alphabets: Alphabet[]): bigint {
  let position = 0n
  let known = true
  for (const [place, alphabet] of alphabets.entries()) {
    position *= BigInt(sizeOf(alphabet))
    if (!known) continue
    const symbol = symbols[place] ?? END
    const digit = indexIn(alphabet, symbol)
    position += BigInt(digit)
    known = digit < sizeOf(alphabet) && symbolAt(alphabet, digit) === symbol && symbol !== END
  }
  return position
}

function toSymbols(position: bigint, alphabets: Alphabet[]): Symbols {
  let rest = position
  const symbols = alphabets.toReversed().map((alphabet) => {
    const size = BigInt(sizeOf(alphabet))
    const digit = Number(rest % size)
    rest /= size
    return symbolAt(alphabet, digit)
  })
  symbols.reverse()
  const end = symbols.indexOf(END)
  return end < 0 ? symbols : symbols.slice(0, end)
}

function codePoints(value: KeyValue): Symbols {
  return Array.from((value as { S: string }).S, (character) => character.codePointAt(0)!)
}

function bytes(value: KeyValue): Symbols {
  return Array.from((value as { B: Uint8Array }).B)
}

/**
 * Combining places of several keys can give a key that is too long in bytes: the characters that do not fit are
 * dropped.
 */
function toText(symbols: Symbols): KeyValue {
  const text = Buffer.from(symbols.map((symbol) => String.fromCodePoint(symbol)).join(''))
  let end = Math.min(text.length, MAX_SORT_KEY_BYTES)
  while (isContinuation(text[end])) end--
  return { S: text.toString('utf8', 0, end) }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

import type { Attributes, AttributeValue } from '../../shared/dynamodb/attributes.ts'
import { decimalBytes, decimalText, parseDecimal } from './decimal.ts'
import { invalid } from './invalid.ts'

/** Lists and maps count as levels, empty ones too. */
const mostLevels = 32

/** A deep copy of an item as DynamoDB would give it back: numbers in plain notation, sets in an order of its own. */
export function storedForm(attributes: Attributes, levels = 1): Attributes {
  if (Object.hasOwn(attributes, '')) throw invalid('attributes with names', 'one without')
  if (Object.keys(attributes).some((name) => Buffer.byteLength(name) > 65_535))
    throw invalid('names of 65,535 bytes', 'more')
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, storedValue(value, levels)]))
}

function storedValue(value: AttributeValue, levels: number): AttributeValue {
  if (('M' in value || 'L' in value) && levels === mostLevels) throw invalid(`at most ${mostLevels} levels`, 'more')
  if ('S' in value) return { S: value.S }
  if ('N' in value) return { N: storedNumber(value.N) }
  if ('M' in value) return { M: storedForm(value.M, levels + 1) }
  if ('L' in value) return { L: value.L.map((each) => storedValue(each, levels + 1)) }
  if ('B' in value) return { B: new Uint8Array(value.B) }
  if ('BOOL' in value) return { BOOL: value.BOOL }
  if ('SS' in value) return { SS: storedSet(value.SS, (text) => Buffer.from(text)) }
  if ('NS' in value) return { NS: storedSet(value.NS.map(storedNumber), (text) => decimalBytes(parseDecimal(text)!)) }
  if ('BS' in value) return { BS: storedSet(value.BS, Buffer.from).map((bytes) => new Uint8Array(bytes)) }
  return { NULL: value.NULL }
}

function storedNumber(text: string): string {
  const decimal = parseDecimal(text)
  if (!decimal) throw invalid('numbers of at most 38 digits between 1E-130 and 9.99…E+125', 'another')
  return decimalText(decimal)
}

function storedSet<T>(elements: T[], bytes: (element: T) => Buffer): T[] {
  const sorted = elements.map((element) => ({ element, order: bytes(element) }))
  sorted.sort((a, b) => Buffer.compare(a.order, b.order))
  const repeated = sorted.some(({ order }, i) => i > 0 && order.equals(sorted[i - 1]!.order))
  if (elements.length === 0 || repeated)
    throw invalid('a set of distinct elements', repeated ? 'a repeated one' : 'none')
  return sorted.map(({ element }) => element)
}

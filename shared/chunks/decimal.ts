import { parseNumber } from '../dynamodb/number.ts'

/**
 * Decimals that keep every DynamoDB number a whole one: the smallest magnitude is 1E-130, of 38 significant digits.
 * Source: DynamoDB developer guide, "Supported data types": 38 digits, 1E-130 to 9.99…E+125.
 */
const DECIMALS = 167
const DIGITS = 38
const SMALLEST_POWER = -130

/**
 * A DynamoDB number times 10^167, exactly. Order and distance of numbers are those of these integers.
 * @throws TypeError when the text is not a number as DynamoDB spells them.
 */
export function scaleNumber(text: string): bigint {
  const number = parseNumber(text)
  if (!number)
    throw new TypeError('Expected a number as DynamoDB spells them (digits, point, exponent), got other text')
  const magnitude = BigInt(number.digits) * 10n ** BigInt(number.power + DECIMALS)
  return number.sign === '-' ? -magnitude : magnitude
}

/** The DynamoDB number at a scaled position, rounded towards zero to 38 digits, and to zero below 1E-130. */
export function numberAt(scaled: bigint): string {
  const digits = String(scaled < 0n ? -scaled : scaled)
  if (digits.length - 1 - DECIMALS < SMALLEST_POWER) return '0'
  const kept = digits.slice(0, DIGITS).replace(/0+$/, '')
  return `${scaled < 0n ? '-' : ''}${kept}E${digits.length - DECIMALS - kept.length}`
}

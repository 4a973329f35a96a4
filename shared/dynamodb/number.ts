/**
 * An exact decimal number: `digits` times ten to the power `power`. Zero has no digits; other numbers neither begin nor
 * end with the digit zero.
 */
interface Decimal {
  sign: '' | '-'
  digits: string
  power: number
}

const SPELLING = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/

/** Returns `undefined` unless the text is a number as DynamoDB spells them: digits, point, exponent. */
export function parseNumber(text: string): Decimal | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = SPELLING.exec(text) ?? []
  if (whole + fraction === '') return undefined
  const significant = (whole + fraction).replace(/^0+/, '')
  const digits = significant.replace(/0+$/, '')
  if (digits === '') return { sign: '', digits, power: 0 }
  const power = Number(exponent) - fraction.length + significant.length - digits.length
  return { sign: sign === '-' ? '-' : '', digits, power }
}

/**
 * A decimal number as DynamoDB returns it: no exponent, no leading or trailing zeros; `undefined` when the text is no
 * number or DynamoDB cannot hold it. Outputs are normalized with it, so that a number in a key has one spelling,
 * whether a migration wrote it or the table returned it.
 * Limits: 38 significant digits, 1E-130 to 9.99…E+125. Source: "Supported data types", Amazon DynamoDB Developer Guide.
 */
export function canonicalNumber(text: string): string | undefined {
  if (/^-?[1-9]\d{0,14}$/.test(text)) return text
  const number = parseNumber(text)
  if (!number) return undefined
  const { sign, digits, power } = number
  if (digits === '') return '0'
  const magnitude = power + digits.length - 1
  if (digits.length > 38 || magnitude < -130 || magnitude > 125) return undefined
  return sign + plain(digits, power)
}

function plain(digits: string, power: number): string {
  if (power >= 0) return digits + '0'.repeat(power)
  const point = digits.length + power
  return point > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : `0.${'0'.repeat(-point)}${digits}`
}

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

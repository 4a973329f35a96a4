/** A number as DynamoDB holds it: `0.d₁d₂d₃… × 10^exponent`, digits without zeros at either end; zero has no digits. */
export interface Decimal {
  negative: boolean
  digits: string
  exponent: number
}

/** `undefined` for what DynamoDB refuses: not a number, more than 38 digits, or outside 1E-130 … 9.99…E+125. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', power = '0'] = match
  const unpadded = (whole + fraction).replace(/^0+/, '')
  const digits = unpadded.replace(/0+$/, '')
  if (digits === '') return { negative: false, digits, exponent: 0 }
  const exponent = unpadded.length - fraction.length + Number(power)
  if (digits.length > 38 || exponent > 126 || exponent < -129) return undefined
  return { negative: sign === '-', digits, exponent }
}

/** Plain notation, as DynamoDB answers: `1E2` comes back as `100`. */
export function decimalText({ negative, digits, exponent }: Decimal): string {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  if (exponent <= 0) return `${sign}0.${'0'.repeat(-exponent)}${digits}`
  if (exponent >= digits.length) return `${sign}${digits.padEnd(exponent, '0')}`
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

/** Bytes that sort as the numbers do: sign, exponent, digits; the last two complemented below zero. */
export function decimalBytes({ negative, digits, exponent }: Decimal): Buffer {
  if (digits === '') return Buffer.of(1)
  const magnitude = [exponent + 129, ...Buffer.from(digits)]
  return negative ? Buffer.of(0, ...magnitude.map((byte) => 255 - byte), 255) : Buffer.of(2, ...magnitude)
}

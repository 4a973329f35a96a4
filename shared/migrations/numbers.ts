/**
 * A decimal number the way DynamoDB gives it back: no exponent, no leading or trailing zeros; `undefined` when the text is
 * no number or DynamoDB cannot hold it. Outputs are normalised here because a number in a key must spell the same whether
 * a migration wrote it or the table returned it.
 * Limits: 38 significant digits, 1E-130 to 9.99…E+125. Source: "Supported data types", Amazon DynamoDB Developer Guide.
 */
export function canonicalNumber(text: string): string | undefined {
  if (/^-?[1-9]\d{0,14}$/.test(text)) return text
  const parts = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(text)
  if (!parts) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  if (whole + fraction === '') return undefined
  const significant = (whole + fraction).replace(/^0+/, '')
  const digits = significant.replace(/0+$/, '')
  if (digits === '') return '0'
  /** Power of ten of the last digit kept. */
  const scale = Number(exponent) - fraction.length + significant.length - digits.length
  const magnitude = scale + digits.length - 1
  if (digits.length > 38 || magnitude < -130 || magnitude > 125) return undefined
  return (sign === '-' ? '-' : '') + plain(digits, scale)
}

function plain(digits: string, scale: number): string {
  if (scale >= 0) return digits + '0'.repeat(scale)
  const point = digits.length + scale
  return point > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : `0.${'0'.repeat(-point)}${digits}`
}

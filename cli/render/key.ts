import { encodeKeyValue, type Key } from '../../shared/dynamodb/key.ts'
import { keyLabel } from '../../shared/operator/status/format.ts'

/** A key for people, in clear: only where they asked for keys. */
export function keyText({ pk, sk }: Key): string {
  return [pk, ...(sk ? [sk] : [])].map((value) => keyLabel(encodeKeyValue(value), true)).join('  ')
}

/** A key for programs. */
export function keyJson({ pk, sk }: Key): { pk: string; sk?: string } {
  return { pk: encodeKeyValue(pk), ...(sk && { sk: encodeKeyValue(sk) }) }
}

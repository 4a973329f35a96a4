/**
 * DynamoDB attribute values as the service spells them. Numbers stay decimal strings (38 digits survive), binary values
 * are bytes. The same structure as the SDK's `AttributeValue`; declared here so that the engine does not depend on a
 * client.
 */
export type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: Uint8Array }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: Uint8Array[] }
  | { M: Attributes }
  | { L: AttributeValue[] }
  | { NULL: boolean }
  | { BOOL: boolean }

export type Attributes = { [name: string]: AttributeValue }

/**
 * The attribute of this name, if the item has it. Plain property access would also find `constructor`, `toString` and
 * everything else that a JavaScript object inherits.
 */
export function attributeOf(attributes: Attributes, name: string): AttributeValue | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined
}

/** The only types a key attribute can have. */
export type KeyValue = { S: string } | { N: string } | { B: Uint8Array }
export type KeyType = 'S' | 'N' | 'B'

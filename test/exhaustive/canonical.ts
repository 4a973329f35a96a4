const texts = new WeakMap<object, string>()

/** JSON with names in order. Values are never changed, so each is spelt once. */
export function canonical(value: unknown): string {
  // A call that was answered with nothing has been made all the same.
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  let text = texts.get(value)
  if (text === undefined) {
    text = Array.isArray(value)
      ? `[${value.map(canonical).join()}]`
      : `{${Object.keys(value)
          .sort()
          .map((name) => `${name}:${canonical((value as Record<string, unknown>)[name])}`)
          .join()}}`
    texts.set(value, text)
  }
  return text
}

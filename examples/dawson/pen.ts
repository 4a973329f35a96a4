const words =
  'petition respondent motion continuance decision stipulated exhibit hearing order judge trial session brief answer notice ' +
  'Commissioner deficiency tax court penalty § petitioner’s appeal evidence witness clerk docket sealed reply '

/** One long text and one run of bytes, cut at random: a fresh item must cost little more than its keys. */
const prose = words.repeat(40)
const noise = Uint8Array.from({ length: 4_096 }, (_, i) => (i * 167 + (i >> 4)) & 0xff)

const start = Date.UTC(2010, 0, 1)
const end = Date.UTC(2021, 8, 11)

/** Writes the values of made-up items, all from one source of chance. */
export class Pen {
  readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  /** An integer from `from` to `to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.random() * choices.length)] as T
  }

  /** Text of `length` characters, at most about 5,000. */
  text(length: number): string {
    const at = Math.floor(this.random() * (prose.length - length))
    return prose.slice(at, at + length)
  }

  bytes(length: number): Uint8Array {
    const at = Math.floor(this.random() * (noise.length - length))
    return noise.slice(at, at + length)
  }

  /** Looks like a UUID; never the same for two values of `n`. */
  uuid(n: number): string {
    const hex = Math.floor(this.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0')
    return `${hex}-${hex.slice(0, 4)}-4${hex.slice(1, 4)}-8${hex.slice(4, 7)}-${n.toString(16).padStart(12, '0')}`
  }

  /** ISO 8601; about a hundred times as many from the last of these eleven years as from the first. */
  time(): string {
    return new Date(start + Math.floor((end - start) * this.random() ** 0.4)).toISOString()
  }

  /** A number of 38 digits, the most DynamoDB keeps. */
  longNumber(): string {
    let digits = String(this.integer(1, 9))
    for (let group = 0; group < 6; group++) digits += String(this.integer(0, 999_999)).padStart(6, '0')
    return digits + String(this.integer(1, 9))
  }
}

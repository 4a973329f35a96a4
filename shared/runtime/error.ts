/** Where the cause lies: in the user's code or request, in a service we call, or in Segue itself. */
export type ErrorSource = 'user' | 'dependency' | 'internal'

/** One code of an error class. `docs/errors.md` is generated from it. */
export interface ErrorEntry {
  /** What it means, in one or two sentences. */
  means: string
  /** What to do next. */
  next: string
  /** Whether the same call may succeed later. @default false */
  retryable?: boolean
}

/** Every code of one error class. */
export type ErrorTable<Code extends string = string> = Readonly<Record<Code, ErrorEntry>>

/** Marks the errors of every copy of this package: a registered symbol is the same in all of them. */
const brand = Symbol.for('dynamodb-segue.error')

/**
 * Base of all errors of Segue. `message` says what happened, with names and numbers, and often what to do; `next` says
 * what to do about any error of this code. Neither holds item contents.
 *
 * Tell classes apart with `X.is(error)`, never with `instanceof`: a project may hold two copies of this package, one
 * imported by its migrations and one that runs the CLI, and each has its own classes.
 */
export abstract class SegueError extends Error {
  /** Name of the class, safe from bundlers that shorten names. */
  static readonly kind: string = 'SegueError'
  /** Stable: scripts and alarms may rely on it. */
  readonly code: string
  readonly source: ErrorSource
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** What to do next. */
  readonly next: string

  constructor(
    code: string,
    message: string,
    { source, next, retryable = false }: { source: ErrorSource } & Omit<ErrorEntry, 'means'>,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = new.target.kind
    this.code = code
    this.source = source
    this.retryable = retryable
    this.next = next
    Object.defineProperty(this, brand, { value: new.target.kind })
  }

  /** Whether an error is of this class, from this or another copy of the package. */
  static is<E extends SegueError>(this: ErrorClass<E>, error: unknown): error is E {
    const kind = (error as { [brand]?: string } | null | undefined)?.[brand]
    // biome-ignore lint/complexity/noThisInStatic: the class that is asked about, which inherits this method.
    const wanted = this.kind
    return kind !== undefined && (wanted === SegueError.kind || wanted === kind)
  }
}

interface ErrorClass<E extends SegueError> {
  readonly kind: string
  readonly prototype: E
}

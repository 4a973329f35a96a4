/**
 * The part of a schema that Segue needs: the synchronous part of Standard Schema version 1, which zod, zod/mini,
 * Valibot and ArkType implement. Source: https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type Result<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] }

export interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The type a schema accepts, before defaults and transforms. */
export type Accepted<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['input']

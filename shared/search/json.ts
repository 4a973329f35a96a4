/** What JSON can hold. A number is a double: what needs more digits is text. */
export type Json = string | number | boolean | null | Json[] | JsonObject
export type JsonObject = { [name: string]: Json }

/**
 * The field of every document that holds the encoded key of its item: what a walk is sorted by, and how a document is
 * told from one of another item with the same id. Segue adds it to documents and mappings.
 */
export const itemKeyField = 'segue_key'

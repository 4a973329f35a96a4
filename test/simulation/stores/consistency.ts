/** Whether reads by key, and those of the ledger, ask for strong consistency, as the engine's ports say. Sabotage says no. */
export const consistent = { get: true, ledger: true }

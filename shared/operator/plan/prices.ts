/**
 * What AWS charges, in US dollars, by its public prices of `asOf` in `region`. Other regions differ by some percent, a few
 * by half. Neither discounts nor the free tier are in it. Whoever updates a price updates the date and its source.
 */
export const prices = {
  asOf: '2026-11-26',
  region: 'us-east-1',
  /**
   * Of one request unit; a replica's write costs the same. Source: Amazon DynamoDB pricing, on-demand capacity, standard
   * table class; unchanged since the cut of 2024-11-01, and confirmed by copies of AWS' Price List API of 2026-07-30 and
   * 2026-09-05. The price page itself could not be read.
   */
  onDemand: { readUnit: 0.125e-6, writeUnit: 0.625e-6 },
  /** Of one unit for an hour. Source: the same, provisioned capacity. */
  provisionedHour: { readUnit: 0.000_13, writeUnit: 0.000_65 },
  /**
   * Of raising warm throughput by one unit, paid once, for the difference (DynamoDB developer guide, "Understanding DynamoDB
   * warm throughput"). **Assumed**: no price could be read. It is taken to be that of one hour of provisioned capacity, and
   * whatever shows it says that it is assumed.
   */
  warmOnce: { readUnit: 0.000_13, writeUnit: 0.000_65 },
  /** Of a GB-second. Source: AWS Lambda pricing, first tier; read in copies of the page. */
  lambdaGbSecond: { arm64: 0.000_013_333_4, x86_64: 0.000_016_666_7 },
  /** Of one request. Source: the same. */
  lambdaRequest: 0.2e-6,
  /** Of one state transition of a Standard machine, retries included. Source: AWS Step Functions pricing. */
  transition: 0.025e-3,
} as const

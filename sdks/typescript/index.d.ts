/** The client of a Loyalty Loop service, from @loyaltyloop/sdk. */

export * from "@loyaltyloop/sdk";

/** The operations of the service, made from the OpenAPI by `make sdks`. Change nothing here. */

import { Listing } from "./pages.js";
import { pathOf } from "./paths.js";

class Customers {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit, phone, q, updatedSince } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/customers", { query: { limit, phone, q, updatedSince, cursor } }));
  }

  async create({ name, phone, email, birthday, idempotencyKey }) {
    return (await this.#client.json("POST", "/customers", { body: { name, phone, email, birthday }, idempotencyKey })).data;
  }

  async get(customer) {
    return (await this.#client.json("GET", pathOf("/customers/{id}", customer, "/customers/qr/{qr_code}"))).data;
  }

  async update(customer, { name, phone, email, birthday, optedOut, idempotencyKey } = {}) {
    return (await this.#client.json("PATCH", pathOf("/customers/{id}", customer), { body: { name, phone, email, birthday, optedOut }, idempotencyKey })).data;
  }

  async delete(customer, { idempotencyKey } = {}) {
    return (await this.#client.json("DELETE", pathOf("/customers/{id}", customer), { idempotencyKey })).data;
  }

  async getByCode(customer) {
    return (await this.#client.json("GET", pathOf("/customers/qr/{qr_code}", customer))).data;
  }

  listTransactions(customer, { limit } = {}) {
    return new Listing((cursor) => this.#client.json("GET", pathOf("/customers/{id}/transactions", customer), { query: { limit, cursor } }));
  }

  listRewards(customer, { limit, status } = {}) {
    return new Listing((cursor) => this.#client.json("GET", pathOf("/customers/{id}/rewards", customer), { query: { limit, status, cursor } }));
  }

  async merge(customer, { fromId, idempotencyKey }) {
    return (await this.#client.json("POST", pathOf("/customers/{id}/merge", customer), { body: { fromId }, idempotencyKey })).data;
  }

  async unmerge(customer, { fromId, idempotencyKey }) {
    return (await this.#client.json("POST", pathOf("/customers/{id}/unmerge", customer), { body: { fromId }, idempotencyKey })).data;
  }

  async card(customer) {
    return this.#client.bytes("GET", pathOf("/customers/{id}/card.png", customer));
  }

  async cardLink(customer, { idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/customers/{id}/card-link", customer), { idempotencyKey })).data;
  }

  async revokeCardLink(customer, { idempotencyKey } = {}) {
    return (await this.#client.json("DELETE", pathOf("/customers/{id}/card-link", customer), { idempotencyKey })).data;
  }

  async stamp(customer, { stamps, branchId, orderRef, occurredAt, programId, idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/customers/{id}/stamps", customer, "/customers/qr/{qr_code}/stamps"), { body: { stamps, branchId, orderRef, occurredAt, programId }, idempotencyKey })).data;
  }

  async redeem(customer, { rewardId, idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/customers/{id}/redeem", customer, "/customers/qr/{qr_code}/redeem"), { body: { rewardId }, idempotencyKey })).data;
  }
}

class Imports {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async create({ customers, idempotencyKey }) {
    return (await this.#client.json("POST", "/customers/import", { body: { customers }, idempotencyKey })).data;
  }

  async get(importId) {
    return (await this.#client.json("GET", pathOf("/imports/{id}", importId))).data;
  }
}

class Stamps {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async batch({ items, idempotencyKey }) {
    return (await this.#client.json("POST", "/stamps/batch", { body: { items }, idempotencyKey })).data;
  }
}

class Transactions {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit, orderRef, type, customerId, branchId, since, until } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/transactions", { query: { limit, orderRef, type, customerId, branchId, since, until, cursor } }));
  }

  async get(transactionId) {
    return (await this.#client.json("GET", pathOf("/transactions/{id}", transactionId))).data;
  }

  async void(transactionId, { reason, stamps, idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/transactions/{id}/void", transactionId), { body: { reason, stamps }, idempotencyKey })).data;
  }
}

class Events {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit, since } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/events", { query: { limit, since, cursor } }));
  }
}

class Rewards {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit, status } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/rewards", { query: { limit, status, cursor } }));
  }

  async summary() {
    return (await this.#client.json("GET", "/rewards/summary")).data;
  }
}

class Program {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async get() {
    return (await this.#client.json("GET", "/program")).data;
  }

  async update({ name, title, stampsRequired, rewardDescription, surplus, cooldownSeconds, dailyStampCap, rewardValidDays, cardCodes, rewardCost, currency, steps, openingStamps, bonusHours, birthday, winBack, referral, idempotencyKey } = {}) {
    return (await this.#client.json("PATCH", "/program", { body: { name, title, stampsRequired, rewardDescription, surplus, cooldownSeconds, dailyStampCap, rewardValidDays, cardCodes, rewardCost, currency, steps, openingStamps, bonusHours, birthday, winBack, referral }, idempotencyKey })).data;
  }

  async previewWinBack({ afterDays } = {}) {
    return (await this.#client.json("GET", "/program/win-back", { query: { afterDays } })).data;
  }
}

class Analytics {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async get({ days, programId, branchId } = {}) {
    return (await this.#client.json("GET", "/analytics", { query: { days, programId, branchId } })).data;
  }
}

class Programs {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/programs", { query: { limit, cursor } }));
  }

  async create({ stampsRequired, rewardDescription, title, surplus, cooldownSeconds, dailyStampCap, rewardValidDays, rewardCost, currency, steps, openingStamps, bonusHours, idempotencyKey }) {
    return (await this.#client.json("POST", "/programs", { body: { stampsRequired, rewardDescription, title, surplus, cooldownSeconds, dailyStampCap, rewardValidDays, rewardCost, currency, steps, openingStamps, bonusHours }, idempotencyKey })).data;
  }

  async get(programId) {
    return (await this.#client.json("GET", pathOf("/programs/{id}", programId))).data;
  }

  async update(programId, { name, title, stampsRequired, rewardDescription, surplus, cooldownSeconds, dailyStampCap, rewardValidDays, cardCodes, rewardCost, currency, steps, openingStamps, bonusHours, birthday, winBack, referral, idempotencyKey } = {}) {
    return (await this.#client.json("PATCH", pathOf("/programs/{id}", programId), { body: { name, title, stampsRequired, rewardDescription, surplus, cooldownSeconds, dailyStampCap, rewardValidDays, cardCodes, rewardCost, currency, steps, openingStamps, bonusHours, birthday, winBack, referral }, idempotencyKey })).data;
  }

  async archive(programId, { idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/programs/{id}/archive", programId), { idempotencyKey })).data;
  }

  async makeMain(programId, { idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/programs/{id}/make-main", programId), { idempotencyKey })).data;
  }
}

class Webhooks {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/webhooks", { query: { limit, cursor } }));
  }

  async create({ url, events, idempotencyKey }) {
    return (await this.#client.json("POST", "/webhooks", { body: { url, events }, idempotencyKey })).data;
  }

  async get(webhookId) {
    return (await this.#client.json("GET", pathOf("/webhooks/{id}", webhookId))).data;
  }

  async update(webhookId, { url, events, active, idempotencyKey } = {}) {
    return (await this.#client.json("PATCH", pathOf("/webhooks/{id}", webhookId), { body: { url, events, active }, idempotencyKey })).data;
  }

  async delete(webhookId, { idempotencyKey } = {}) {
    return (await this.#client.json("DELETE", pathOf("/webhooks/{id}", webhookId), { idempotencyKey })).data;
  }

  async rotateSecret(webhookId, { idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/webhooks/{id}/rotate-secret", webhookId), { idempotencyKey })).data;
  }

  async test(webhookId, { idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/webhooks/{id}/test", webhookId), { idempotencyKey })).data;
  }

  listDeliveries(webhookId, { limit } = {}) {
    return new Listing((cursor) => this.#client.json("GET", pathOf("/webhooks/{id}/deliveries", webhookId), { query: { limit, cursor } }));
  }

  async replay(webhookId, { deliveryId, since, idempotencyKey } = {}) {
    return (await this.#client.json("POST", pathOf("/webhooks/{id}/replay", webhookId), { body: { deliveryId, since }, idempotencyKey })).data;
  }
}

class Key {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async get() {
    return (await this.#client.json("GET", "/key")).data;
  }
}

class Branches {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/branches", { query: { limit, cursor } }));
  }
}

class Flags {
  #client;

  constructor(client) {
    this.#client = client;
  }

  list({ limit, since } = {}) {
    return new Listing((cursor) => this.#client.json("GET", "/flags", { query: { limit, since, cursor } }));
  }

  async getRules() {
    return (await this.#client.json("GET", "/flags/rules")).data;
  }

  async updateRules({ mostVisits, mostUndos, off, eveningSummary, idempotencyKey } = {}) {
    return (await this.#client.json("PATCH", "/flags/rules", { body: { mostVisits, mostUndos, off, eveningSummary }, idempotencyKey })).data;
  }
}

/** All operations by what they are about. */
export class Resources {
  customers = new Customers(this);
  imports = new Imports(this);
  stamps = new Stamps(this);
  transactions = new Transactions(this);
  events = new Events(this);
  rewards = new Rewards(this);
  program = new Program(this);
  analytics = new Analytics(this);
  programs = new Programs(this);
  webhooks = new Webhooks(this);
  key = new Key(this);
  branches = new Branches(this);
  flags = new Flags(this);
}

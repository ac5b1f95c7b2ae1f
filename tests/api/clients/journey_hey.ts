// The same journey with the client of @hey-api/openapi-ts.
import { createClient } from "./hey/client/index.js";
import {
  customersCreate,
  customersList,
  customersRedeemByCode,
  customersStamp,
  eventsList,
  keyGet,
  transactionsList,
  transactionsVoid,
  webhooksCreate,
  webhooksDelete,
  webhooksList,
} from "./hey/sdk.gen.js";
import type { Customer, Problem } from "./hey/types.gen.js";

const { API, KEY, PHONE, HOOK } = process.env as Record<"API" | "KEY" | "PHONE" | "HOOK", string>;
const client = createClient({ baseUrl: API, auth: KEY });

function check(law: string, holds: boolean): void {
  if (!holds) throw new Error(law);
}

function given<T>(answer: { data: { data: T } | undefined; error: Problem | undefined }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data.data;
}

check("the key may stamp", given(await keyGet({ client })).scopes.includes("stamps:write"));
const once = { "Idempotency-Key": crypto.randomUUID() };
const lena: Customer = given(await customersCreate({ client, body: { name: "Lena", phone: PHONE }, headers: once }));
const order = `order ${crypto.randomUUID()}`;
const stamped = given(await customersStamp({ client, path: { id: lena.id }, body: { stamps: 10, order_ref: order } }));
check("a full card earns a reward", stamped.reward_earned && stamped.rewards[0]?.status === "available");
given(await customersStamp({ client, path: { id: lena.id } }));
const redeemed = given(await customersRedeemByCode({ client, path: { qr_code: lena.qr_code } }));
check("the reward is handed out", redeemed.reward.status === "redeemed");
const [found] = given(await transactionsList({ client, query: { order_ref: order } }));
check("the order is found", found?.id === stamped.transaction_id);
const undone = given(await transactionsVoid({ client, path: { id: redeemed.transaction_id } }));
check("the reward is there again", undone.customer.rewards_available === 1);
const { data: page } = await customersList({ client, query: { phone: PHONE } });
check("the list has one", page?.pagination.total === 1);
const { error } = await customersCreate({ client, body: { name: "Lena", phone: PHONE } });
check("a refusal names who is there", error?.code === "customer_exists" && error.customer_id === lena.id);
const { data: log } = await eventsList({ client, query: { limit: 100 } });
const stamps = log?.data.flatMap((event) => (event.type === "stamp.added" ? [event.data.transaction_id] : []));
check("the log tells the stamp", stamps?.includes(stamped.transaction_id) === true);
const hook = given(await webhooksCreate({ client, body: { url: HOOK, events: ["stamp.added"] } }));
check("the secret is shown once", hook.secret.startsWith("whsec_"));
check("the webhook is listed", given(await webhooksList({ client })).some((one) => one.id === hook.id));
check("it is gone", given(await webhooksDelete({ client, path: { id: hook.id } })).deleted);
console.log("done");

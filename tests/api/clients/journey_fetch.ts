// A whole journey with the types of openapi-typescript: join, stamp, redeem, undo, list, webhook. `tsc --strict` must
// take it as it stands, and it must end with the line "done".
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Customer = components["schemas"]["Customer"];

const { API, KEY, PHONE, HOOK } = process.env as Record<"API" | "KEY" | "PHONE" | "HOOK", string>;
const shop = createClient<paths>({ baseUrl: API, headers: { Authorization: `Bearer ${KEY}` } });

function check(law: string, holds: boolean): void {
  if (!holds) throw new Error(law);
}

function given<T>(answer: { data?: { data: T }; error?: components["schemas"]["Problem"] }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data.data;
}

const key = given(await shop.GET("/key"));
check("the key may stamp", key.scopes.includes("stamps:write"));

const lena: Customer = given(
  await shop.POST("/customers", {
    body: { name: "Lena", phone: PHONE },
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  }),
);
const path = { id: lena.id };
const joined: Date = new Date(lena.created_at);
check("times can be read", !Number.isNaN(joined.valueOf()));
check("what is not known is null", lena.email === null);

const order = `order ${crypto.randomUUID()}`;
const stamped = given(await shop.POST("/customers/{id}/stamps", { params: { path }, body: { stamps: 10, order_ref: order } }));
check("a full card earns a reward", stamped.reward_earned && stamped.rewards[0]?.status === "available");
given(await shop.POST("/customers/{id}/stamps", { params: { path } }));

const code = { qr_code: lena.qr_code };
const redeemed = given(await shop.POST("/customers/qr/{qr_code}/redeem", { params: { path: code } }));
check("the reward is handed out", redeemed.reward.status === "redeemed");

const [found] = given(await shop.GET("/transactions", { params: { query: { order_ref: order, limit: 1 } } }));
check("the order is found", found?.id === stamped.transaction_id && found.actor.type === "api_key");
const undone = given(
  await shop.POST("/transactions/{id}/void", { params: { path: { id: redeemed.transaction_id } }, body: { reason: "a trial" } }),
);
check("the reward is there again", undone.customer.rewards_available === 1);

const { data: page } = await shop.GET("/customers", { params: { query: { phone: PHONE } } });
check("the list has one", page?.pagination.total === 1 && page.pagination.next_cursor === null);

const { error } = await shop.POST("/customers", { body: { name: "Lena", phone: PHONE } });
check("a refusal names who is there", error?.code === "customer_exists" && error.customer_id === lena.id);

const { data: log } = await shop.GET("/events", { params: { query: { limit: 100 } } });
const stamps = log?.data.flatMap((event) => (event.type === "stamp.added" ? [event.data.transaction_id] : []));
check("the log tells the stamp", stamps?.includes(stamped.transaction_id) === true);

const hook = given(await shop.POST("/webhooks", { body: { url: HOOK, events: ["stamp.added"] } }));
check("the secret is shown once", hook.secret.startsWith("whsec_"));
check("the webhook is listed", given(await shop.GET("/webhooks")).some((one) => one.id === hook.id));
given(await shop.PATCH("/webhooks/{id}", { params: { path: { id: hook.id } }, body: { active: false } }));
check("it is gone", given(await shop.DELETE("/webhooks/{id}", { params: { path: { id: hook.id } } })).deleted);

const program = await shop.GET("/program");
const changed = await shop.PATCH("/program", {
  body: { reward_description: given(program).reward_description },
  params: { header: { "If-Match": program.response.headers.get("etag") ?? "" } },
});
check("the program takes a change", given(changed).stamps_required === 10);
console.log("done");

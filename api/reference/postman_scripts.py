"""Scripts of the Postman collection: what a request keeps for later ones, and what it needs beforehand.

They make the collection run from top to bottom, in an empty shop too. It deletes only a customer that it made itself.
After a refusal they keep nothing and do not fail themselves: what is shown is the sentence of the refusal.
"""

ALWAYS = """\
pm.test("is answered", () => pm.expect(pm.response.code, pm.response.text()).to.be.below(300));"""

KEEP_CUSTOMER = """\
const { id, qr_code } = pm.response.json().data;
pm.collectionVariables.set("customer_id", id);
pm.collectionVariables.set("qr_code", qr_code);
pm.collectionVariables.set("new_customer_id", id);"""

KEEP_TRANSACTION = """\
pm.collectionVariables.set("transaction_id", pm.response.json().data.transaction_id);"""

AFTER = {
    "customers.list": """\
const [first] = pm.response.json().data;
if (first && !pm.collectionVariables.get("customer_id")) {
  pm.collectionVariables.set("customer_id", first.id);
  pm.collectionVariables.set("qr_code", first.qr_code);
}""",
    "customers.create": KEEP_CUSTOMER,
    "customers.stamp": KEEP_TRANSACTION,
    "customers.stamp_by_code": KEEP_TRANSACTION,
    "customers.redeem": KEEP_TRANSACTION,
    "customers.redeem_by_code": KEEP_TRANSACTION,
    "imports.create": """\
pm.collectionVariables.set("import_id", pm.response.json().data.id);""",
    "webhooks.create": """\
pm.collectionVariables.set("webhook_id", pm.response.json().data.id);""",
    "webhooks.delete": """\
pm.collectionVariables.unset("webhook_id");""",
    "programs.create": """\
pm.collectionVariables.set("program_id", pm.response.json().data.id);""",
    "programs.archive": """\
pm.collectionVariables.set("program_id", pm.collectionVariables.get("main_program_id"));""",
    "program.get": """\
pm.collectionVariables.set("main_program_id", pm.response.json().data.id);
const text = JSON.stringify(pm.response.json().data.reward_description);
pm.collectionVariables.set("reward_description", text.slice(1, -1));""",
    "customers.delete": """\
for (const name of ["customer_id", "qr_code", "new_customer_id"]) pm.collectionVariables.unset(name);""",
}
"""Operation → what happens after its answer."""

A_PHONE = """\
const phone = "+49151" + Math.floor(1e7 + Math.random() * 9e7);"""

ASK = """\
const ask = (method, path, body, then) => pm.sendRequest({
  url: pm.variables.get("base_url") + "/v1" + path,
  method,
  header: { Authorization: "Bearer " + pm.variables.get("api_key"), "Content-Type": "application/json" },
  body: body && { mode: "raw", raw: JSON.stringify(body) },
}, (error, answer) => { if (!error && answer.code < 300) then(answer.json().data); });"""

A_CUSTOMER = f"""\
{A_PHONE}
ask("POST", "/customers", {{ name: "Ana Lovelace", phone }}, ({{ id, qr_code }}) => {{
  pm.collectionVariables.set("customer_id", id);
  pm.collectionVariables.set("qr_code", qr_code);
  pm.collectionVariables.set("new_customer_id", id);
}});"""

A_WEBHOOK = """\
const url = pm.variables.get("webhook_url");
const keep = ({ id }) => pm.collectionVariables.set("webhook_id", id);
ask("GET", "/webhooks", null, (known) => {
  const found = known.find((one) => one.url === url);
  if (found) keep(found);
  else ask("POST", "/webhooks", { url, events: ["stamp.added"] }, keep);
});"""

A_PROGRAM = """\
ask("GET", "/programs", null, ([first]) => pm.collectionVariables.set("program_id", first.id));"""

BEFORE = {
    "customers.create": f"""\
{A_PHONE}
pm.collectionVariables.set("phone", phone);""",
}
"""Operation → what happens before it is sent."""

FOUND = {"customer_id": A_CUSTOMER, "qr_code": A_CUSTOMER, "new_customer_id": A_CUSTOMER, "webhook_id": A_WEBHOOK}
FOUND["program_id"] = A_PROGRAM


def after(operation: str) -> str:
    """The script that runs after an operation that was not refused; empty if there is none."""
    script = AFTER.get(operation, "")
    inside = script.replace("\n", "\n  ")
    return f"if (pm.response.code < 300) {{\n  {inside}\n}}" if script else ""


def need(variable: str) -> str:
    """The script that fills a variable if no earlier request kept it; empty if only a request can fill it."""
    if variable not in FOUND:
        return ""
    body = FOUND[variable].replace("\n", "\n  ")
    return f'{ASK}\nif (!pm.collectionVariables.get("{variable}")) {{\n  {body}\n}}'

"""Scripts of the Postman collection: what a request keeps for later ones, and what it needs beforehand.

They make the collection run from top to bottom, in an empty shop too. It deletes only a customer that it made itself.
After a refusal they keep nothing and do not fail themselves: what is shown is the sentence of the refusal.
"""

from collections.abc import Iterable

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
    "customers.unmerge": """\
const second = pm.collectionVariables.get("second_customer_id");
ask("DELETE", "/customers/" + second, null, () => pm.collectionVariables.unset("second_customer_id"));""",
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

A_SECOND_CUSTOMER = f"""\
{A_PHONE}
ask("POST", "/customers", {{ name: "A. Lovelace", phone }}, ({{ id }}) => {{
  pm.collectionVariables.set("second_customer_id", id);
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

ALSO_NEEDED = {"customers.merge": ("second_customer_id",), "customers.unmerge": ("second_customer_id",)}
"""Operation → the variables that its body needs."""

FOUND = {
    "customer_id": A_CUSTOMER,
    "qr_code": A_CUSTOMER,
    "new_customer_id": A_CUSTOMER,
    "second_customer_id": A_SECOND_CUSTOMER,
    "webhook_id": A_WEBHOOK,
    "program_id": A_PROGRAM,
}


def after(operation: str) -> str:
    """The script that runs after an operation that was not refused; empty if there is none."""
    script = AFTER.get(operation, "")
    inside = (f"{ASK}\n{script}" if "ask(" in script else script).replace("\n", "\n  ")
    return f"if (pm.response.code < 300) {{\n  {inside}\n}}" if script else ""


def before(operation: str, variables: Iterable[str]) -> str:
    """The script that runs before an operation: it fills the variables that no earlier request has kept."""
    needed = [variable for variable in (*variables, *ALSO_NEEDED.get(operation, ())) if variable in FOUND]
    own = BEFORE.get(operation, "")
    return "\n".join(filter(None, [ASK if needed else "", *map(_fill, needed), own]))


def _fill(variable: str) -> str:
    body = FOUND[variable].replace("\n", "\n  ")
    return f'if (!pm.collectionVariables.get("{variable}")) {{\n  {body}\n}}'

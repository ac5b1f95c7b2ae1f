/** Runs samples of the reference in one process of Node: a line names a file, the answer is what it printed. */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);
let said = [];
console.log = (...words) => said.push(...words.map((word) => (typeof word === "string" ? word : inspect(word))));

for await (const line of createInterface({ input: process.stdin })) {
  said = [];
  try {
    await import(pathToFileURL(line));
    tell({ answer: said.join("\n") });
  } catch (error) {
    tell({ error: String(error) });
  }
}

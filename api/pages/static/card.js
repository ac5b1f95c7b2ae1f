// @ts-check
/** The script of the page "card". */
import { begin } from "./shell.js";

await begin();

// @ts-check
/** The script of the page "desk". */
import { begin } from "./shell.js";

await begin();

// @ts-check
/** The script of the page "scan". */
import { begin } from "./shell.js";

await begin();

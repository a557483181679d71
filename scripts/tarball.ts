/** Builds the plugin and packs it into the project's folder, ready for `openclaw plugins install`. `npm run tarball`. */
import { fileURLToPath } from "node:url";
import { packPlugin } from "../test/support/install.ts";

console.log(await packPlugin(fileURLToPath(new URL("..", import.meta.url))));

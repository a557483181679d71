/** The package's metadata is consistent, and the links in its pages lead to files that it contains. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import manifest from "../../../openclaw.plugin.json" with { type: "json" };
import lock from "../../../package-lock.json" with { type: "json" };
import packageJson from "../../../package.json" with { type: "json" };

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");
/** npm always packs these as well. */
const packed = [...packageJson.files, "README.md", "LICENSE", "package.json"];
const pages = globSync(["README.md", "CHANGELOG.md", "docs/**/*.md"], { cwd: root });

test("the version is the same everywhere", () => {
  const { version } = packageJson;
  expect([manifest.version, lock.version, lock.packages[""].version]).toEqual([
    version,
    version,
    version,
  ]);
  expect(read("CHANGELOG.md")).toContain(`\n## ${version} `);
  expect(read("README.md")).toContain(`openclaw-passthrough-${version}.tgz`);
});

test("the icon is a square PNG where the host expects it", () => {
  const icon = readFileSync(join(root, "assets/icon.png"));
  expect(packageJson.files).toContain("assets/icon.png");
  expect(icon.subarray(1, 4).toString()).toBe("PNG");
  expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([512, 512]);
});

test.each(pages)("every link in %s leads to a packed file and an existing heading", (page) => {
  const text = read(page).replaceAll(/```[^]*?```/g, "");
  const broken = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].filter(
    ([, path = "", anchor]) => {
      const target = path === "" ? page : join(dirname(page), path);
      const isPacked = packed.some((file) => target === file || target.startsWith(`${file}/`));
      return (
        !isPacked ||
        !existsSync(join(root, target)) ||
        (anchor !== undefined && !anchorsOf(target).has(anchor))
      );
    },
  );
  expect(broken.map(([link]) => link)).toEqual([]);
});

/** The anchors that GitHub and npm generate for a page's headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(/\s/g, "-"),
    ),
  );
}

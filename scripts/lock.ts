/**
 * Checks that the project's lock and that of its oldest host install on every platform, not only on the one that wrote them.
 * `npm run check:lock`.
 *
 * If a platform's optional package is unavailable, npm writes a lock without it and without an error; `npm ci` then rejects
 * that lock on every platform.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The members used of an entry under `packages` (npm's docs, package-lock.json, version 3). */
interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  /** Whether it is part of its parent's tarball. */
  readonly inBundle?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Entries by folder; the project itself is `""`. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** One sentence for each missing or incomplete entry, and each that names a registry. */
export function lockProblems(locked: LockedPackages): string[] {
  const packages = new Map(Object.entries(locked));
  const problems: string[] = [];
  for (const [folder, entry] of packages) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!lookupFolders(folder, name).some((candidate) => packages.has(candidate))) {
        problems.push(`${folder} needs ${name}@${range} on some platform, and the lock has none`);
      }
    }
    if (folder !== "" && entry.inBundle !== true && !(entry.version && entry.integrity)) {
      problems.push(`${folder} has no version or no integrity`);
    }
    if (entry.resolved !== undefined) {
      problems.push(`${folder} names a registry: keep omit-lockfile-registry-resolved in .npmrc`);
    }
  }
  return problems;
}

/** Where Node looks for a package, from the dependent's folder up to the project's. */
function lookupFolders(folder: string, name: string): string[] {
  const parts = folder === "" ? [""] : `/${folder}`.split("/node_modules/");
  return parts.map((_, at) => [...parts.slice(0, at + 1), name].join("/node_modules/").slice(1));
}

if (import.meta.main) {
  const folders = ["..", "../test/support/oldest-host"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const problems: string[] = [];
  for (const folder of folders) {
    const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
    // npm's own verdict, which also compares the lock with package.json. Nothing is fetched or changed.
    const { status, stderr } = spawnSync(
      "npm",
      ["ci", "--dry-run", "--offline", "--ignore-scripts", "--loglevel=error"],
      { encoding: "utf8", cwd: folder },
    );
    problems.push(...lockProblems(lock.packages), ...(status === 0 ? [] : [stderr]));
  }
  for (const problem of problems) {
    console.error(problem);
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
}

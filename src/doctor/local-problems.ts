/** Checks the configuration without the relay: in a command, or while the relay's thread does not run. */
import { join } from "node:path";
import { declaredPath, doubleProblem, mergeKeys } from "../access/all-keys.ts";
import { keyFilePath, readKeyFile } from "../access/key-file.ts";
import type { Problem } from "../control/problems.ts";
import { findProblems } from "./find-problems.ts";
import { usageFileProblems } from "./file-problems.ts";
import { ledgerPath, readLedgerFile } from "../quota/ledger-file.ts";
import { createProblemFacts, type DoctorHost } from "./gather-facts.ts";
import { systemPrompt, type WorkspaceSource } from "../prompts/system-prompt.ts";
import { createWorkspaceFiles } from "../prompts/workspace-files.ts";
import { keyProblem, keysWithPaths } from "./key-problems.ts";

/** @returns the problems that the relay would find. */
export async function localProblems(
  host: DoctorHost & WorkspaceSource,
): Promise<readonly Problem[]> {
  const declared = host.config().keys;
  const filePath = join(host.stateFolder(), keyFilePath);
  const file = await readKeyFile(filePath).then(
    (keys) => ({ keys, problems: [] }),
    (error: unknown) => ({ keys: {}, problems: [unreadable(filePath, error)] }),
  );
  const usagePath = join(host.stateFolder(), ledgerPath);
  const usageFlaw = await readLedgerFile(usagePath).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const { keys, doubles } = mergeKeys(declared, file.keys);
  const prompts = createWorkspaceFiles();
  const gather = createProblemFacts({
    host,
    keys: () => keysWithPaths(keys, { declared, filePath }),
    readPrompt: (id) => systemPrompt(prompts, host.config(), { id, workspace: host.workspace(id) }),
  });
  return [
    ...findProblems(await gather()),
    ...file.problems,
    ...usageFileProblems(usagePath, usageFlaw),
    ...doubles.map((name) =>
      keyProblem({
        path: `${declaredPath}.${name}`,
        problem: doubleProblem(name, filePath),
        fix: "Remove one of them, or rename the key in the config.",
      }),
    ),
  ];
}

function unreadable(path: string, error: unknown): Problem {
  return keyProblem({
    path,
    problem: error instanceof Error ? error.message : "the file cannot be read",
    fix: "Repair the file, or move it away.",
  });
}

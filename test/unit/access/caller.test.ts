import { expect, test } from "vitest";
import { requireScope } from "../../../src/access/caller.ts";

test("a stronger scope includes a weaker one, but not vice versa", () => {
  requireScope(["operator.admin"], "operator.write", "Chat");
  requireScope(["operator.write"], "operator.read", "Listing");
  expect(() => requireScope(["operator.read"], "operator.write", "Chat")).toThrow(
    expect.objectContaining({ status: 403, message: expect.stringContaining("operator.write") }),
  );
  expect(() => requireScope(["operator.write"], "operator.admin", "Naming a model")).toThrow(
    "operator.admin",
  );
});

import { describe, expect, test } from "vitest";
import { benchCases, caseRequest } from "../../../../bench/against/cases.ts";
import { askedIn } from "../../../../bench/answers.ts";

test("no two cases have the same name or title", () => {
  for (const member of ["name", "title"] as const) {
    expect(new Set(benchCases.map((benched) => benched[member])).size).toBe(benchCases.length);
  }
});

describe.each(benchCases)("the request of $name", (benched) => {
  const request = caseRequest("http://gateway", benched);

  test("asks for the answer of its kind", () => {
    expect(askedIn(request.body).kind).toBe(benched.kind);
    expect(JSON.parse(request.body).stream).toBe(benched.kind !== "json");
  });

  test("is as long as its title says", () => {
    expect(request.body.length > 190_000 && request.body.length < 210_000).toBe(benched.isLong);
    expect(request.body.length < 1000).toBe(!benched.isLong);
  });

  test("names a session for each connection where there are any", () => {
    expect(request.connectionNameHeader).toBe(
      benched.hasSession ? "x-openclaw-session" : undefined,
    );
  });
});

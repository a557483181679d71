import { expect, test } from "vitest";
import { registerTab } from "../../../src/host/control-ui-tab.ts";
import { relayTab } from "../../../src/page/relay-page.ts";

function register(version: string) {
  const registered: object[] = [];
  const controls = { registerControlUiDescriptor: (tab: object) => void registered.push(tab) };
  return { has: registerTab({ session: { controls } }, version, relayTab), registered };
}

test("the tab is for operators who may read, in the sidebar's group of controls", () => {
  expect(register("2026.9.6")).toEqual({
    has: true,
    registered: [
      expect.objectContaining({
        surface: "tab",
        id: "relay",
        label: "Relay",
        slug: "relay",
        group: "control",
        icon: "barChart",
        path: "/passthrough/ui",
        requiredScopes: ["operator.read"],
      }),
    ],
  });
});

test("a host without the tab, or whose frames nobody lets in, gets none", () => {
  expect(register("2026.8.2").has).toBe(true);
  expect(register("2026.7.35")).toEqual({ has: false, registered: [] });
  expect(registerTab({}, "2026.9.6", relayTab)).toBe(false);
  expect(registerTab({ session: { controls: {} } }, "2026.9.6", relayTab)).toBe(false);
});

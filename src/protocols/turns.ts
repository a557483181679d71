/** Orders a conversation for protocols with one system prompt and turns of two roles. */
import type { AssistantMessage, Message, Part, ToolMessage } from "./model-request.ts";
import type { Parameters } from "./parameters.ts";

export interface Turn<Item> {
  readonly role: "user" | "assistant";
  readonly items: Item[];
}

/** How a protocol writes what a turn contains. */
interface Writer<Item> {
  part(part: Part): Item;
  answer(message: AssistantMessage): readonly Item[];
  result(message: ToolMessage): Item;
}

/** Neighbours of one role become one turn. Results of calls belong to the user's. */
export function inTurns<Item>(
  messages: readonly Message[],
  write: Writer<Item>,
  parameters: Parameters,
): { readonly system: readonly Item[]; readonly turns: readonly Turn<Item>[] } {
  const system: Item[] = [];
  const turns: Turn<Item>[] = [];
  const add = (role: Turn<Item>["role"], items: readonly Item[]) => {
    const last = turns.at(-1);
    if (last?.role === role) {
      last.items.push(...items);
    } else {
      turns.push({ role, items: [...items] });
    }
  };
  for (const message of messages) {
    switch (message.role) {
      case "user":
        add("user", message.parts.map(write.part));
        break;
      case "assistant":
        add("assistant", write.answer(message));
        break;
      case "tool":
        add("user", [write.result(message)]);
        break;
      default:
        system.push(...message.parts.map(write.part));
        if (turns.length > 0) {
          // The system prompt is in front. This message is not where the client put it.
          parameters.drop("messages.role");
        }
    }
  }
  return { system, turns };
}

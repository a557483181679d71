/** A channel that also carries calls, in both directions. Each thread has one end. */
import {
  type AnswerMessage,
  type Callee,
  type Caller,
  type CallMessage,
  createCallee,
  createCaller,
  failedAnswer,
  type Method,
} from "./calls.ts";
import { type Channel, type ChannelOptions, createChannel, type PostTarget } from "./channel.ts";

type AnyMessage = readonly [kind: string, ...unknown[]];

export interface CallChannel<Sent>
  extends Channel<Sent>, Pick<Caller, "call" | "failAll">, Pick<Callee, "abortAll"> {
  /** Takes a message that belongs to a call. @returns false for any other message. */
  receive(message: AnyMessage): message is CallMessage | AnswerMessage;
}

export interface CallChannelOptions extends Pick<ChannelOptions<unknown>, "schedule"> {
  /** Serve the other thread's calls. */
  readonly methods: ReadonlyMap<string, Method>;
}

/** @typeParam Sent all messages that this end sends, those of calls among them. */
export function createCallChannel<Sent extends AnyMessage>(
  target: PostTarget,
  { schedule, methods }: CallChannelOptions,
): CallChannel<Sent | CallMessage | AnswerMessage> {
  const { send } = createChannel<Sent | CallMessage | AnswerMessage>(target, {
    schedule,
    insteadOf(message, cause) {
      caller.failUnsent(message, cause);
      return failedAnswer(message, cause);
    },
  });
  const caller = createCaller(send);
  const callee = createCallee(methods, send);
  const receive = (message: AnyMessage): message is CallMessage | AnswerMessage => {
    const call = message as CallMessage | AnswerMessage;
    switch (call[0]) {
      case "call":
      case "cancel":
        callee.receive(call);
        return true;
      case "return":
      case "throw":
      case "event":
        caller.receive(call);
        return true;
      default:
        return false;
    }
  };
  return { send, call: caller.call, failAll: caller.failAll, abortAll: callee.abortAll, receive };
}

/** What everything inherits from: a test that looks before and after finds whatever was put there. */

export function prototypes(): readonly (string | symbol)[] {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype].flatMap(
    (prototype) => Reflect.ownKeys(prototype),
  );
}

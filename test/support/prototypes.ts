/** All members of the built-in prototypes; a test compares them before and after to detect prototype pollution. */

export function prototypes(): readonly (string | symbol)[] {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype].flatMap(
    (prototype) => Reflect.ownKeys(prototype),
  );
}

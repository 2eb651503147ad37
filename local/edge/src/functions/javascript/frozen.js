// For a realm that serves one run after the other: everything in it that a function can reach is frozen, so no run
// can leave anything behind. Evaluated before runtime.js, which removes what this script needs.
(function () {
  const { freeze, getOwnPropertyDescriptor, getPrototypeOf, isFrozen } = Object;
  const { ownKeys } = Reflect;
  const onError = getOwnPropertyDescriptor(Error, 'prepareStackTrace').set.bind(Error);

  // Objects that a function reaches only through an object that it creates.
  function* numbers() {}
  async function* promised() {}
  const samples = [numbers, numbers(), promised, promised(), async () => {}, [].values(), ''[Symbol.iterator](),
    ''.matchAll(/a/g), [].values().map(String), Iterator.from({ next() {} }), Iterator.concat([])];
  const found = samples.map(getPrototypeOf);

  // An object that is frozen has been visited already.
  function freezeAll(roots) {
    const waiting = roots.slice();
    while (waiting.length > 0) {
      const one = waiting.pop();
      if (isFrozen(one)) continue;
      freeze(one);
      waiting.push(getPrototypeOf(one));
      for (const key of ownKeys(one)) {
        const { value, get, set } = getOwnPropertyDescriptor(one, key);
        waiting.push(value, get, set);
      }
    }
  }

  return function (values) {
    // The engine calls this for each error that is created, even if the function catches it: the error may come from
    // a write that only this realm rejects.
    let hasErrors = false;
    onError(() => { hasErrors = true; });
    const modules = typeof require === 'function' ? [require('crypto')] : [];
    freezeAll([globalThis, ...found, ...modules, ...values]);
    return {
      begin() { hasErrors = false; },
      hasErrors: () => hasErrors,
    };
  };
})

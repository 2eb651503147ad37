// What a function has beside the language. Evaluated before the function, in a realm that only one run sees.
// `native` is what the engine itself offers. The result is how a run begins and ends.
(function (native) {
  const { parse, stringify } = JSON;
  const { defineProperty, getOwnPropertyNames, getPrototypeOf } = Object;
  const { construct } = Reflect;

  // Objects that the documentation does not list are removed.
  const KEPT = ['Array', 'ArrayBuffer', 'Boolean', 'DataView', 'Date', 'Error', 'EvalError', 'Float32Array',
    'Float64Array', 'Function', 'Infinity', 'Int16Array', 'Int32Array', 'Int8Array', 'JSON', 'Math', 'NaN', 'Number',
    'Object', 'Promise', 'RangeError', 'ReferenceError', 'RegExp', 'String', 'Symbol', 'SyntaxError', 'TypeError',
    'URIError', 'Uint16Array', 'Uint32Array', 'Uint8Array', 'Uint8ClampedArray', 'decodeURI', 'decodeURIComponent',
    'encodeURI', 'encodeURIComponent', 'globalThis', 'isFinite', 'isNaN', 'parseFloat', 'parseInt', 'undefined'];
  for (const name of getOwnPropertyNames(globalThis)) {
    if (!KEPT.includes(name)) delete globalThis[name];
  }

  // These belong to this engine alone, which keeps their values outside of its objects.
  delete Error.prepareStackTrace;
  delete Error.stackTraceLimit;

  // Each kind of function has its own constructor, and each of them would compile text.
  const Closed = function Function() {
    throw new EvalError('there is no Function constructor');
  };
  Closed.prototype = Function.prototype;
  for (const one of [function () {}, function* () {}, async function () {}, async function* () {}]) {
    defineProperty(getPrototypeOf(one), 'constructor', { value: Closed, configurable: true, writable: true });
  }
  globalThis.Function = Closed;

  // The time at which the run began; it does not advance during the run.
  let now = 0;
  const Clock = Date;
  const Stopped = function Date(...parts) {
    if (!new.target) return new Clock(now).toString();
    return construct(Clock, parts.length > 0 ? parts : [now], new.target);
  };
  Stopped.prototype = Clock.prototype;
  defineProperty(Clock.prototype, 'constructor', { value: Stopped, configurable: true, writable: true });
  defineProperty(Stopped, 'length', { value: 7, configurable: true });
  for (const [name, value] of [['now', () => now], ['parse', Clock.parse], ['UTC', Clock.UTC]]) {
    defineProperty(Stopped, name, { value, configurable: true, writable: true });
  }
  globalThis.Date = Stopped;

  function shown(value) {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.name + ': ' + value.message;
    try {
      const text = stringify(value);
      return text === undefined ? String(value) : text;
    } catch (error) {
      return String(value);
    }
  }

  const console = {};
  for (const level of ['debug', 'error', 'info', 'log', 'warn']) {
    console[level] = (...values) => native.log(level, values.map(shown).join(' ').toWellFormed());
  }
  defineProperty(globalThis, 'console', { value: console, configurable: true, writable: true });

  return {
    begin(handler, event, rawQuery, milliseconds) {
      now = milliseconds;
      const given = parse(event);
      given.request.rawQueryString = () => rawQuery;
      return handler(given);
    },
    result: (value) => stringify(value),
  };
})

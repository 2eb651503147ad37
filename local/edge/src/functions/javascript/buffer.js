// The part of Node's `Buffer` that CloudFront has. Methods that are missing here are not inherited from
// Uint8Array either, where they have another meaning.
(function (native) {
  const ENCODINGS = ['base64', 'base64url', 'hex', 'utf-8', 'utf8'];

  function encodingOf(name) {
    const encoding = name === undefined ? 'utf8' : String(name).toLowerCase();
    if (!ENCODINGS.includes(encoding)) throw new TypeError('Unknown encoding: ' + name);
    return encoding;
  }

  // One character for each byte: the engine's own way to pass bytes on. A call for each byte would cost more than
  // everything else.
  function characters(bytes) {
    let text = '';
    for (let at = 0; at < bytes.length; at += 4096) {
      text += String.fromCharCode.apply(undefined, bytes.subarray(at, at + 4096));
    }
    return text;
  }

  class Buffer extends Uint8Array {
    static from(value, second, length) {
      if (typeof value === 'string') {
        const bytes = native.decode(value.toWellFormed(), encodingOf(second));
        return new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
      }
      if (value instanceof ArrayBuffer) return new Buffer(value, second, length);
      if (ArrayBuffer.isView(value) || Array.isArray(value)) return new Buffer(value);
      throw new TypeError('The first argument must be a string, an Array, an ArrayBuffer or a typed array');
    }

    static alloc(size) {
      if (arguments.length > 1) throw new TypeError('Buffer.alloc with a fill is not here');
      return new Buffer(size);
    }

    static byteLength(value, encoding) {
      return typeof value === 'string' ? Buffer.from(value, encoding).length : value.byteLength;
    }

    static concat(list, total) {
      const whole = list.reduce((length, one) => length + one.length, 0);
      const joined = new Buffer(total === undefined ? whole : total);
      let at = 0;
      for (const one of list) {
        if (at >= joined.length) break;
        const part = one.subarray(0, joined.length - at);
        joined.set(part, at);
        at += part.length;
      }
      return joined;
    }

    static compare(one, other) {
      const length = Math.min(one.length, other.length);
      for (let i = 0; i < length; i += 1) {
        if (one[i] !== other[i]) return one[i] < other[i] ? -1 : 1;
      }
      return Math.sign(one.length - other.length);
    }

    static isBuffer(value) {
      return value instanceof Buffer;
    }

    static isEncoding(name) {
      return typeof name === 'string' && ENCODINGS.includes(name.toLowerCase());
    }

    compare(other) {
      return Buffer.compare(this, other);
    }

    equals(other) {
      return Buffer.compare(this, other) === 0;
    }

    // A view, as in Node.
    slice(start, end) {
      return this.subarray(start, end);
    }

    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    }

    toString(encoding, start, end) {
      const part = start === undefined && end === undefined ? this : this.subarray(start, end);
      return native.encode(characters(part), encodingOf(encoding));
    }
  }

  // Node's methods also search for text.
  for (const name of ['fill', 'includes', 'indexOf', 'lastIndexOf']) {
    Object.defineProperty(Buffer.prototype, name, { value: undefined });
  }
  Object.defineProperty(Buffer, 'of', { value: undefined });
  Object.defineProperty(globalThis, 'Buffer', { value: Buffer, configurable: true, writable: true });
  native.characters = characters;
})

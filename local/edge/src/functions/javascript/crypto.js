// `require('crypto')`: hashes and HMACs.
(function (native) {
  const ALGORITHMS = ['md5', 'sha1', 'sha256'];

  function binary(data) {
    return native.characters(ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(data));
  }

  function hashing(algorithm, key) {
    const name = String(algorithm).toLowerCase();
    if (!ALGORITHMS.includes(name)) throw new TypeError('Unknown hash: ' + algorithm);
    let whole = '';
    let isDone = false;
    return {
      update(data) {
        if (isDone) throw new Error('Digest already called');
        whole += binary(data);
        return this;
      },
      digest(encoding) {
        if (isDone) throw new Error('Digest already called');
        isDone = true;
        const bytes = Buffer.from(native.digest(name, key, whole));
        return encoding === undefined ? bytes : bytes.toString(encoding);
      },
    };
  }

  const crypto = {
    createHash: (algorithm) => hashing(algorithm, undefined),
    createHmac: (algorithm, key) => hashing(algorithm, binary(key)),
  };
  globalThis.require = function require(name) {
    if (name === 'crypto') return crypto;
    throw new Error('there is no module ' + name);
  };
})

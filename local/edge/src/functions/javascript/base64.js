// https://html.spec.whatwg.org/multipage/webappapis.html#atob
(function (native) {
  globalThis.btoa = function btoa(text) {
    const binary = String(text);
    if (/[^\x00-\xff]/.test(binary)) throw new TypeError('btoa takes characters up to U+00FF only');
    return native.encode(binary, 'base64');
  };
  globalThis.atob = function atob(text) {
    const bare = String(text).replace(/[\t\n\f\r ]/g, '');
    const letters = bare.length % 4 === 0 ? bare.replace(/={1,2}$/, '') : bare;
    if (letters.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(letters)) throw new TypeError('atob takes base64 only');
    const bytes = native.decode(letters, 'base64');
    let binary = '';
    for (let i = 0; i < bytes.length; i += 1) binary += String.fromCharCode(bytes[i]);
    return binary;
  };
})

//! What the engine itself offers to the JavaScript around a function: encodings, hashes, the log.
//!
//! Scripts pass bytes as a string with one character for each byte, and receive typed arrays.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};
use md5::{Digest as _, Md5};
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray};

/// The object that the scripts receive.
pub(super) fn object<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("encode", Function::new(ctx.clone(), encode)?)?;
    object.set("decode", Function::new(ctx.clone(), decode)?)?;
    object.set("digest", Function::new(ctx.clone(), digest_of)?)?;
    let name = name.to_owned();
    let log = move |level: String, line: String| log(&name, &level, &line);
    object.set("log", Function::new(ctx.clone(), log)?)?;
    Ok(object)
}

#[expect(clippy::needless_pass_by_value, reason = "the engine's conversions own what they give")]
fn encode(ctx: Ctx<'_>, characters: String, encoding: String) -> Result<String> {
    let bytes = bytes(&characters);
    Ok(match encoding.as_str() {
        "base64" => general_purpose::STANDARD.encode(bytes),
        "base64url" => general_purpose::URL_SAFE_NO_PAD.encode(bytes),
        "hex" => base16ct::lower::encode_string(&bytes),
        "utf8" | "utf-8" => String::from_utf8_lossy(&bytes).into_owned(),
        _ => return Err(Exception::throw_type(&ctx, "unknown encoding")),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the engine's conversions own what they give")]
fn decode<'js>(ctx: Ctx<'js>, text: String, encoding: String) -> Result<TypedArray<'js, u8>> {
    let bytes = match encoding.as_str() {
        "base64" | "base64url" => decode_base64(&text),
        "hex" => decode_hex(&text),
        "utf8" | "utf-8" => text.into_bytes(),
        _ => return Err(Exception::throw_type(&ctx, "unknown encoding")),
    };
    TypedArray::new(ctx, bytes)
}

/// As Node's `Buffer`: both alphabets, up to the first `=`. It ignores characters outside of the alphabets, and
/// a last character that gives no byte.
fn decode_base64(text: &str) -> Vec<u8> {
    let letters = text.bytes().take_while(|byte| *byte != b'=').filter_map(|byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' => Some(byte),
        _ => byte.is_ascii_alphanumeric().then_some(byte),
    });
    let mut letters: Vec<u8> = letters.collect();
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    LENIENT.decode(letters).unwrap_or_default()
}

/// As Node's `Buffer`: up to the first pair that is not hexadecimal.
fn decode_hex(text: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| {
        let mut byte = [0];
        base16ct::mixed::decode(pair, &mut byte).ok()?;
        Some(u8::from_be_bytes(byte))
    };
    text.as_bytes().chunks_exact(2).map_while(byte).collect()
}

/// A hash or, with a key, an HMAC.
#[expect(clippy::needless_pass_by_value, reason = "the engine's conversions own what they give")]
fn digest_of<'js>(
    ctx: Ctx<'js>,
    algorithm: String,
    key: Option<String>,
    characters: String,
) -> Result<TypedArray<'js, u8>> {
    let (Some(hash), data) = (hash(&algorithm), bytes(&characters)) else {
        return Err(Exception::throw_type(&ctx, "unknown hash"));
    };
    let digest = match key {
        Some(key) => hmac(hash, bytes(&key), &data),
        None => hash(&data),
    };
    TypedArray::new(ctx, digest)
}

type Hash = fn(&[u8]) -> Vec<u8>;

fn hash(algorithm: &str) -> Option<Hash> {
    match algorithm {
        "md5" => Some(|data| Md5::digest(data).to_vec()),
        "sha1" => Some(|data| digest(&SHA1_FOR_LEGACY_USE_ONLY, data).as_ref().to_vec()),
        "sha256" => Some(|data| digest(&SHA256, data).as_ref().to_vec()),
        _ => None,
    }
}

/// <https://www.rfc-editor.org/rfc/rfc2104>: the blocks of all three hashes have 64 bytes.
fn hmac(hash: Hash, key: Vec<u8>, data: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { hash(&key) } else { key };
    block.resize(64, 0);
    let padded = |pad: u8, data: &[u8]| {
        let key = block.iter().map(|byte| byte ^ pad);
        hash(&key.chain(data.iter().copied()).collect::<Vec<_>>())
    };
    padded(0x5c, &padded(0x36, data))
}

fn bytes(characters: &str) -> Vec<u8> {
    characters.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
}

/// CloudFront writes all lines to CloudWatch Logs, without levels.
fn log(function: &str, level: &str, line: &str) {
    match level {
        "debug" => tracing::debug!(function, "{line}"),
        "error" => tracing::error!(function, "{line}"),
        "warn" => tracing::warn!(function, "{line}"),
        _ => tracing::info!(function, "{line}"),
    }
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

//! The crate `cloudfront_sign` 0.4.1: SHA-1 only, and the PEM is parsed for every signature.

use std::{borrow::Cow, error::Error};

use cloudfront_sign::{SignedOptions, get_signed_cookie, get_signed_url};

use crate::{Input, report};

const PROGRAM: &str = "cloudfront_sign";

pub(crate) fn run(input: &Input) -> Result<(), Box<dyn Error>> {
    let options = SignedOptions {
        key_pair_id: Cow::from(&input.key_pair_id),
        private_key: Cow::from(&input.rsa_pem),
        date_less_than: input.expires,
        ..Default::default()
    };
    println!("{PROGRAM}\turl SHA1\t{}", get_signed_url(&input.url, &options)?);
    report(PROGRAM, "canned URL, SHA1", || get_signed_url(&input.url, &options));

    get_signed_cookie(&input.wildcard, &options)?;
    report(PROGRAM, "cookie set, SHA1", || get_signed_cookie(&input.wildcard, &options));

    // With `resource` it prints URLs that CloudFront rejects (canned parameters, another policy signed), but
    // the work is the same as for a correct URL.
    let under = SignedOptions { resource: Some(Cow::from(&input.wildcard)), ..options };
    let segments = input.segments();
    report(PROGRAM, "1,000 URLs, SHA1", || {
        segments.iter().map(|url| get_signed_url(url, &under)).collect::<Result<Vec<_>, _>>()
    });
    Ok(())
}

//! The wildcards once more, written from the documented rules without a look at the crate's engine.
//!
//! It is slow and plain on purpose: the set of all positions that a pattern can have reached, and a
//! pattern written out in full before it is compared section by section.
#![allow(unreachable_pub, reason = "the fuzz targets use this file too")]

/// Whether `pattern` matches all of `text`: `*` is any run of bytes, `?` one byte.
pub fn matches(pattern: &str, text: &str) -> bool {
    let text = text.as_bytes();
    let mut reached = vec![0];
    for wanted in pattern.bytes() {
        reached = match wanted {
            b'*' => (reached.first().copied().unwrap_or(text.len() + 1)..=text.len()).collect(),
            _ => reached
                .into_iter()
                .filter(|&at| text.get(at).is_some_and(|&byte| wanted == b'?' || wanted == byte))
                .map(|at| at + 1)
                .collect(),
        };
    }
    reached.contains(&text.len())
}

/// Whether a policy's `Resource` covers `url`, which carries none of CloudFront's parameters.
///
/// Where the rules leave a choice: the first `?` behind the protocol starts the query; a query that is
/// empty is one; a query that is absent is what an empty pattern matches; a pattern that starts with `*`
/// has a protocol only where nothing of a path or a query stands before its `://`.
pub fn covers(resource: &str, url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme))
    else {
        return resource == "*" || matches(resource, stream(url));
    };
    let Some(full) = written_out(resource) else { return false };
    let (wanted_scheme, wanted_rest) = full.split_once("://").expect("a pattern in full has a protocol");
    let (wanted_host, wanted_path, wanted_query) = sections(wanted_rest);
    let (host, path, query) = sections(rest);
    let query_fits = match (wanted_query, query) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(wanted), query) => matches(&wanted, &query.unwrap_or_default()),
    };
    matches(wanted_scheme, scheme)
        && matches(&wanted_host, &host)
        && matches(&wanted_path, &path)
        && query_fits
}

/// `*` is `*://*/*?*`, `*example.com` is `*://*example.com/`, `http://h*` is `http://h*/*?*`, and
/// `http://h/a*` is `http://h/a*?*`.
fn written_out(resource: &str) -> Option<String> {
    let mut full = resource.to_owned();
    let before = resource.split("://").next().unwrap_or_default();
    if resource.starts_with('*') {
        if before == resource || before.contains(['/', '?']) {
            full = format!("*://{resource}");
        }
    } else if before == resource {
        return None;
    }
    let behind = full.find("://")? + 3;
    if !full[behind..].contains(['/', '?']) {
        full.push_str(if full[behind..].ends_with('*') { "/*" } else { "/" });
    }
    if full.ends_with('*') && !full[behind..].contains('?') {
        full.push_str("?*");
    }
    Some(full)
}

/// Domain, path (`/` where there is none) and query of what stands behind the protocol.
fn sections(rest: &str) -> (String, String, Option<String>) {
    let (mut domain, mut path, mut query) = (String::new(), String::new(), None::<String>);
    for character in rest.chars() {
        match &mut query {
            Some(query) => query.push(character),
            None if character == '?' => query = Some(String::new()),
            None if character == '/' || !path.is_empty() => path.push(character),
            None => domain.push(character),
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    (domain, path, query)
}

/// The stream name of an RTMP URL: behind the host, `cfx/st/`, `&` and the format.
fn stream(url: &str) -> &str {
    let rtmp = ["rtmp://", "rtmpe://", "rtmpt://", "rtmpte://"];
    let Some(rest) = rtmp.iter().find_map(|scheme| url.strip_prefix(scheme)) else { return url };
    let mut name = rest.split_once('/').map_or("", |(_, path)| path);
    for prefixes in [&["cfx/st/"][..], &["&"], &["mp4:", "mp3:", "flv:"]] {
        name = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    }
    name
}

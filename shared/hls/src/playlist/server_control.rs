//! Removes from `EXT-X-SERVER-CONTROL` ([RFC 8216bis], section 4.4.3.8) what a static origin cannot do: S3
//! neither holds back a response until a segment exists nor makes delta updates.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.4.3.8

/// An attribute list without the attributes that require such a server; `None` if it contains none of them.
pub(super) fn for_static_origin(list: &[u8]) -> Option<Vec<u8>> {
    let mut quoted = false;
    let attributes: Vec<_> = list
        .split(|byte| {
            quoted ^= *byte == b'"';
            *byte == b',' && !quoted
        })
        .collect();
    let kept: Vec<_> = attributes.iter().copied().filter(|attribute| !needs_server(attribute)).collect();
    (kept.len() < attributes.len()).then(|| kept.join(&b','))
}

fn needs_server(attribute: &[u8]) -> bool {
    let name = attribute.split(|&byte| byte == b'=').next().unwrap_or_default();
    matches!(name.trim_ascii(), b"CAN-BLOCK-RELOAD" | b"CAN-SKIP-DATERANGES" | b"CAN-SKIP-UNTIL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bucket_can_do_stays() {
        let rows = [
            ("CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=12.0", Some("PART-HOLD-BACK=1.0")),
            (
                "CAN-SKIP-UNTIL=24,CAN-SKIP-DATERANGES=YES,HOLD-BACK=12.0, PART-HOLD-BACK=1 ,CAN-BLOCK-RELOAD=YES",
                Some("HOLD-BACK=12.0, PART-HOLD-BACK=1 "),
            ),
            ("CAN-BLOCK-RELOAD=YES", Some("")),
            (r#"X-V="a,CAN-SKIP-UNTIL=3,b",CAN-SKIP-UNTIL=3"#, Some(r#"X-V="a,CAN-SKIP-UNTIL=3,b""#)),
            ("HOLD-BACK=12.0,PART-HOLD-BACK=1.0", None),
            ("X-CAN-BLOCK-RELOAD=YES", None),
            ("", None),
        ];
        for (list, expected) in rows {
            let kept = for_static_origin(list.as_bytes()).map(|kept| String::from_utf8(kept).unwrap());
            assert_eq!(kept.as_deref(), expected, "{list}");
        }
    }
}

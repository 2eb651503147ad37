//! An independent reader: quick-m3u8, and other code for what quick-m3u8 does not support.

use std::collections::HashMap;

use quick_m3u8::{HlsLine, Reader, config::ParsingOptionsBuilder};

/// Every reference, with its variables expanded: URI lines, and attributes by name in any tag.
pub(crate) fn references(playlist: &[u8]) -> Vec<String> {
    let mut reader = Reader::from_bytes(playlist, ParsingOptionsBuilder::new().build());
    let mut variables = HashMap::new();
    let mut found = Vec::new();
    while let Some(line) = reader.read_line().unwrap() {
        match line {
            // The reader reads blank space, and an indented tag, as a URI.
            HlsLine::Uri(text) if matches!(text.trim().as_bytes(), [] | [b'#', ..]) => {}
            HlsLine::Uri(text) => found.push(expand(text.trim(), &variables)),
            HlsLine::UnknownTag(tag) => {
                let list = tag
                    .value()
                    .and_then(|value| value.try_as_ordered_attribute_list().ok())
                    .unwrap_or_default();
                // The reader keeps the blank space that some authors write after a comma.
                let quoted = |wanted| {
                    let attribute = list.iter().find(|(name, _)| name.trim() == wanted)?;
                    attribute.1.quoted()
                };
                if let ("-X-DEFINE", Some(name), Some(value)) = (tag.name(), quoted("NAME"), quoted("VALUE"))
                {
                    variables.insert(name, value);
                }
                let values = ATTRIBUTES.into_iter().filter_map(quoted);
                found.extend(values.map(|text| expand(text, &variables)));
            }
            _ => {}
        }
    }
    found
}

const ATTRIBUTES: [&str; 5] = ["SERVER-URI", "URI", "X-ASSET-LIST", "X-ASSET-URI", "X-URI"];

fn expand(text: &str, variables: &HashMap<&str, &str>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{${name}}}"), value))
}

//! An independent reader: roxmltree, which makes a tree, and the rules of ISO/IEC 23009-1 read a second time.

use roxmltree::{Document, Node, ParsingOptions};
use url::Url;

/// A place that holds a URI.
#[derive(Debug)]
pub(crate) struct Found {
    /// Without entities.
    pub(crate) text: String,
    /// It is the URI of a segment.
    pub(crate) is_segment: bool,
    bases: Vec<(Option<Url>, String)>,
    is_template: bool,
}

/// Every URI of an MPD that has been requested at `url`, in their order; `None` if this reader refuses the document.
pub(crate) fn references(mpd: &str, url: &Url) -> Option<Vec<Found>> {
    let document = Document::parse_with_options(mpd, ParsingOptions::default()).ok()?;
    let reader = Reader { url };
    Some(document.descendants().filter(Node::is_element).flat_map(|node| reader.of_element(node)).collect())
}

impl Found {
    /// Where players may request it, with these numbers of segments; `None` for what is no `http` URL.
    pub(crate) fn urls(&self, numbers: [&str; 2]) -> Vec<Option<Url>> {
        let one = |(base, id): &(Option<Url>, String), number: &str| {
            let text = if self.is_template { expand(&self.text, id, number) } else { self.text.clone() };
            let url = base.as_ref().and_then(|base| base.join(&text).ok());
            url.filter(|url| matches!(url.scheme(), "http" | "https"))
        };
        self.bases.iter().flat_map(|base| numbers.map(|number| one(base, number))).collect()
    }
}

fn expand(template: &str, id: &str, number: &str) -> String {
    let value = |(at, part)| match (at % 2, part) {
        (0, literal) => literal,
        (_, "") => "$",
        (_, "RepresentationID") => id,
        (_, _) => number,
    };
    template.split('$').enumerate().map(value).collect()
}

struct Reader<'u> {
    url: &'u Url,
}

impl Reader<'_> {
    fn of_element(&self, node: Node<'_, '_>) -> Vec<Found> {
        let parent = node.parent_element();
        let around = |name: &str| parent.is_some_and(|parent| is(parent, name));
        let text = || node.text().unwrap_or_default().trim().to_owned();
        let attribute = |name: &str| node.attribute(name).map(str::to_owned);
        let mut found = Vec::new();
        match node.tag_name().name() {
            "BaseURL" if parent.is_some_and(is_level) => {
                let level = parent.unwrap();
                let path = text().split('?').next().unwrap().to_owned();
                if is_file(level) && !path.is_empty() && !path.ends_with('/') {
                    let bases = match level.parent_element() {
                        Some(outer) => self.bases(outer),
                        None => self.presentation(level),
                    };
                    let bases = bases.into_iter().map(|base| (base, String::new())).collect();
                    found.push(Found { text: text(), is_segment: true, bases, is_template: false });
                }
            }
            "SegmentTemplate" => {
                for name in ["media", "initialization", "index", "bitstreamSwitching"] {
                    found.extend(attribute(name).map(|text| self.segment(parent.unwrap(), text, true)));
                }
            }
            "SegmentURL" | "Initialization" | "RepresentationIndex" | "BitstreamSwitching" => {
                let level = node.ancestors().find(|outer| is_level(*outer)).unwrap();
                for name in ["media", "index", "sourceURL"] {
                    found.extend(attribute(name).map(|text| self.segment(level, text, false)));
                }
            }
            "Location" if around("MPD") => {
                let bases = vec![(Some(self.url.clone()), String::new())];
                found.push(Found { text: text(), is_segment: false, bases, is_template: false });
            }
            "PatchLocation" if around("MPD") => found.push(self.other(parent.unwrap(), text())),
            "ContentSteering" if around("MPD") || around("ServiceDescription") => {
                found.push(self.other(node.document().root_element(), text()));
            }
            "UTCTiming" if around("MPD") => {
                let is_http = attribute("schemeIdUri").is_some_and(|scheme| scheme.contains(":utc:http-"));
                let urls = attribute("value").filter(|_| is_http).unwrap_or_default();
                found.extend(urls.split_whitespace().map(|url| self.other(parent.unwrap(), url.to_owned())));
            }
            "CryptoPeriod" => {
                let level = node.ancestors().find(|outer| is_level(*outer)).unwrap();
                found.extend(attribute("keyUriTemplate").map(|text| self.other(level, text)));
            }
            "ReplacePresentation" => {
                let level = node.ancestors().find(|outer| is_level(*outer)).unwrap();
                found.extend(attribute("url").map(|text| self.other(level, text)));
            }
            _ => {}
        }
        found
    }

    fn segment(&self, level: Node<'_, '_>, text: String, is_template: bool) -> Found {
        Found { text, is_segment: true, bases: self.uses(level), is_template }
    }

    fn other(&self, level: Node<'_, '_>, text: String) -> Found {
        let mut bases = self.uses(level);
        for outer in level.ancestors().filter(|outer| is_level(*outer)) {
            bases.extend(self.bases(outer).into_iter().map(|base| (base, String::new())));
        }
        bases.push((Some(self.url.clone()), String::new()));
        Found { text, is_segment: false, bases, is_template: false }
    }

    /// The bases and the names of the representations in a level.
    fn uses(&self, level: Node<'_, '_>) -> Vec<(Option<Url>, String)> {
        let inner: Vec<_> = level.descendants().filter(|inner| is(*inner, "Representation")).collect();
        let inner = if inner.is_empty() { vec![level] } else { inner };
        let with_id = |inner: Node<'_, '_>| {
            let id = inner.attribute("id").unwrap_or_default().to_owned();
            self.bases(inner).into_iter().map(move |base| (base, id.clone())).collect::<Vec<_>>()
        };
        inner.into_iter().flat_map(with_id).collect()
    }

    fn bases(&self, level: Node<'_, '_>) -> Vec<Option<Url>> {
        let outer = match level.parent_element() {
            Some(outer) => self.bases(outer),
            None => self.presentation(level),
        };
        let texts: Vec<_> = children(level, "BaseURL");
        if texts.is_empty() {
            return outer;
        }
        texts.iter().flat_map(|text| outer.iter().map(|base| base.as_ref()?.join(text).ok())).collect()
    }

    fn presentation(&self, mpd: Node<'_, '_>) -> Vec<Option<Url>> {
        let locations = children(mpd, "Location").into_iter().map(|text| self.url.join(&text).ok());
        std::iter::once(Some(self.url.clone())).chain(locations).collect()
    }
}

/// Whether a representation has its segments in the file that this level names.
fn is_file(level: Node<'_, '_>) -> bool {
    level.descendants().filter(|inner| is(*inner, "Representation")).any(|representation| {
        let mut outwards = representation.ancestors().filter(|outer| is_level(*outer));
        let named = outwards.find(|outer| outer.children().any(|child| is(child, "BaseURL")));
        named == Some(level) && !has_files(representation)
    })
}

fn has_files(representation: Node<'_, '_>) -> bool {
    for level in representation.ancestors() {
        let addressing = level.children().filter(|child| {
            ["SegmentBase", "SegmentList", "SegmentTemplate"].iter().any(|name| is(*child, name))
        });
        let names_none = |child: Node<'_, '_>| {
            is(child, "SegmentURL") && child.attribute("media").is_none()
                || is(child, "Initialization") && child.attribute("sourceURL").is_none()
        };
        let all: Vec<_> = addressing.collect();
        if !all.is_empty() {
            return !all.iter().any(|one| is(*one, "SegmentBase") || one.children().any(names_none));
        }
    }
    false
}

fn children(level: Node<'_, '_>, name: &str) -> Vec<String> {
    let texts = level.children().filter(|child| is(*child, name));
    texts.map(|child| child.text().unwrap_or_default().trim().to_owned()).collect()
}

fn is_level(node: Node<'_, '_>) -> bool {
    ["MPD", "Period", "AdaptationSet", "Representation"].iter().any(|name| is(node, name))
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

//! The start of an element: what it is, and which of its attributes hold URIs.

use hls_rewrite::{ReferenceKind, is_signature};

use super::{Addressing, Builder, Kind, Level, Open, Property, Role, Text, Within, raw};
use crate::{
    MpdError,
    description::{QUERY_PART, SCHEME},
    reader::Attribute,
    template::Values,
    written::{Encoding, Written, decoded},
};

impl<'m> Builder<'m> {
    pub(super) fn element(
        &mut self,
        name: &'m str,
        attributes: &[Attribute<'m>],
        start: usize,
        content: usize,
    ) -> Result<Open, MpdError> {
        let local = name.rsplit(':').next().unwrap_or_default();
        let prefix = name.strip_suffix(local).unwrap_or_default();
        let Some(around) = self.open.last().copied() else {
            if local != "MPD" {
                return Err(MpdError::NotMpd);
            }
            self.prefix = prefix;
            self.presentation(attributes);
            let level = self.level(None, Values::default());
            return Ok(Open { within: Within::Level(Kind::Mpd), level, start, content });
        };
        let within = match (around.within, local) {
            (Within::Level(Kind::Mpd), "Period") => Within::Level(Kind::Period),
            (Within::Level(Kind::Period), "AdaptationSet" | "EmptyAdaptationSet") => {
                Within::Level(Kind::AdaptationSet)
            }
            (Within::Level(Kind::AdaptationSet), "Representation") => Within::Level(Kind::Representation),
            (Within::Level(_), "BaseURL") => {
                Within::Text(Text::BaseUrl { is_optional: prefix != self.prefix })
            }
            (Within::Level(Kind::Mpd), "Location") => Within::Text(Text::Location),
            (Within::Level(Kind::Mpd), "PatchLocation") => Within::Text(Text::PatchLocation),
            (Within::Level(Kind::Mpd) | Within::Service, "ContentSteering") => {
                Within::Text(Text::ContentSteering)
            }
            (Within::Level(Kind::Mpd), "ServiceDescription") => Within::Service,
            (Within::Level(Kind::Period), "ImportedMPD") => Within::Text(Text::ImportedMpd),
            (Within::Level(_), "SegmentBase" | "SegmentList" | "SegmentTemplate") => Within::Segments,
            (Within::Level(_), "EventStream") => Within::EventStream,
            (Within::EventStream, "Event") | (Within::Event, _) => Within::Event,
            (Within::Level(_), "ContentProtection") | (Within::Protection, _) => Within::Protection,
            (Within::Level(_), "EssentialProperty" | "SupplementalProperty") => {
                self.property(around.level, around.within, attributes)
            }
            _ => Within::Elsewhere,
        };
        let level = match within {
            Within::Level(kind) => self.inner_level(kind, around.level, attributes),
            _ => around.level,
        };
        self.attributes(around.within, local, level, attributes);
        Ok(Open { within, level, start, content })
    }

    /// What the root element says about the presentation.
    fn presentation(&mut self, attributes: &[Attribute<'m>]) {
        let info = &mut self.outline.info;
        info.ended = raw(attributes, "type").unwrap_or("static") == "static";
        info.target_duration = raw(attributes, "minimumUpdatePeriod").and_then(crate::duration::seconds);
    }

    fn inner_level(&mut self, kind: Kind, parent: usize, attributes: &[Attribute<'m>]) -> usize {
        let is_image = raw(attributes, "contentType") == Some("image")
            || raw(attributes, "mimeType").is_some_and(|media_type| media_type.starts_with("image/"));
        // dash.js gives the URL of a thumbnail to the page, without what Annex I adds.
        self.outline.cannot_be_described |= is_image;
        let values = Values { id: raw(attributes, "id"), bandwidth: raw(attributes, "bandwidth") };
        let level = self.level(Some(parent), values);
        if let Some(one) = self.outline.levels.get_mut(level) {
            one.is_representation = kind == Kind::Representation;
        }
        level
    }

    fn level(&mut self, parent: Option<usize>, values: Values<'m>) -> usize {
        let number = self.outline.levels.len();
        self.outline.levels.push(Level {
            parent,
            end: number + 1,
            is_representation: false,
            values,
            bases: Vec::new(),
            addressing: None,
        });
        number
    }

    /// Notes the URIs in the attributes of an element.
    fn attributes(&mut self, around: Within, local: &str, level: usize, attributes: &[Attribute<'m>]) {
        if let (Within::Level(_), Some(segments)) = (around, addressing(local)) {
            self.addressed(level, segments);
        }
        let names_file = match local {
            "SegmentURL" => raw(attributes, "media").is_some(),
            "Initialization" => raw(attributes, "sourceURL").is_some(),
            _ => true,
        };
        if around == Within::Segments && !names_file {
            self.addressed(level, Addressing::BaseUrl);
        }
        for attribute in attributes {
            // A remote element has URIs of its own.
            if attribute.name.ends_with(":href") && !matches!(around, Within::Event | Within::Protection) {
                self.outline.cannot_be_described = true;
                self.attribute(level, ReferenceKind::Document, Role::Other, attribute, Encoding::Entities);
                continue;
            }
            let (kind, role, encoding) = match (around, local, attribute.name) {
                (
                    Within::Level(_),
                    "SegmentTemplate",
                    "media" | "initialization" | "index" | "bitstreamSwitching",
                ) => (ReferenceKind::Media, Role::Segment, Encoding::Template),
                (Within::Segments, "SegmentURL", "media" | "index")
                | (
                    Within::Segments,
                    "Initialization" | "RepresentationIndex" | "BitstreamSwitching",
                    "sourceURL",
                ) => (ReferenceKind::Media, Role::Segment, Encoding::Entities),
                (Within::Level(Kind::Mpd), "InitializationSet", "initialization") => {
                    (ReferenceKind::Media, Role::Other, Encoding::Entities)
                }
                (Within::Protection, "CryptoPeriod", "keyUriTemplate" | "IVUriTemplate") => {
                    (ReferenceKind::Key, Role::Other, Encoding::Template)
                }
                (
                    Within::Event,
                    "AlternativeMPD" | "InsertPresentation" | "OverwritePresentation" | "ReplacePresentation",
                    "uri" | "url",
                ) => (ReferenceKind::Playlist, Role::Other, Encoding::Entities),
                _ => continue,
            };
            self.attribute(level, kind, role, attribute, encoding);
        }
        match (around, local) {
            // shaka-player adds what Annex I describes to the URLs in events, wherever they point.
            (Within::EventStream, "Event") => self.outline.cannot_be_described = true,
            (Within::Level(Kind::Mpd), "UTCTiming") => self.clock(level, attributes),
            (Within::Level(Kind::Mpd) | Within::Service, "ContentSteering")
                if raw(attributes, "proxyServerURL").is_some() =>
            {
                self.outline.info.is_steered_elsewhere = true;
            }
            (Within::UrlParameters(_), _) | (Within::Level(_), "RequestParam") => {
                self.url_parameters(local, attributes);
            }
            _ => {}
        }
    }

    fn attribute(
        &mut self,
        level: usize,
        kind: ReferenceKind,
        role: Role,
        attribute: &Attribute<'m>,
        encoding: Encoding,
    ) {
        self.place(level, kind, role, Written::attribute(attribute.raw, attribute.at, encoding));
    }

    fn addressed(&mut self, level: usize, addressing: Addressing) {
        if let Some(level) = self.outline.levels.get_mut(level) {
            level.addressing = level.addressing.max(Some(addressing));
        }
    }

    /// The URLs of clocks, if the scheme requests them by HTTP (5.8.4.11).
    fn clock(&mut self, level: usize, attributes: &[Attribute<'m>]) {
        let scheme =
            raw(attributes, "schemeIdUri").and_then(|scheme| scheme.strip_prefix("urn:mpeg:dash:utc:"));
        if scheme.is_some_and(|scheme| scheme.starts_with("http-")) {
            self.list(level, ReferenceKind::Media, attributes);
        }
    }

    /// The attribute `value`, a list of URLs.
    fn list(&mut self, level: usize, kind: ReferenceKind, attributes: &[Attribute<'m>]) {
        let Some(list) = attributes.iter().find(|attribute| attribute.name == "value") else { return };
        let mut at = list.at;
        for url in list.raw.split_inclusive([' ', '\t', '\n', '\r']) {
            let trimmed = url.trim_ascii();
            if !trimmed.is_empty() {
                self.place(level, kind, Role::Other, Written::attribute(trimmed, at, Encoding::Entities));
            }
            at += url.len();
        }
    }

    /// A descriptor whose scheme says that it holds URLs.
    fn property(&mut self, level: usize, around: Within, attributes: &[Attribute<'m>]) -> Within {
        match raw(attributes, "schemeIdUri").unwrap_or_default() {
            "urn:mpeg:dash:chaining:2016" | "urn:mpeg:dash:fallback:2016" => {
                self.list(level, ReferenceKind::Playlist, attributes);
            }
            "urn:dvb:dash:fontdownload:2014" => {
                let is_url = |attribute: &&Attribute<'m>| attribute.name.ends_with(":url");
                for attribute in attributes.iter().filter(is_url) {
                    self.attribute(level, ReferenceKind::Media, Role::Other, attribute, Encoding::Entities);
                }
            }
            scheme if scheme.starts_with("urn:mpeg:dash:urlparam:") => {
                let is_candidate = around == Within::Level(Kind::Mpd) && scheme == SCHEME;
                let property = if is_candidate { Property::Unknown } else { Property::Author };
                return Within::UrlParameters(property);
            }
            _ => {}
        }
        Within::Elsewhere
    }

    /// Query parameters of Annex I: those of an earlier signing, or the author's own.
    fn url_parameters(&mut self, local: &str, attributes: &[Attribute<'m>]) {
        let value = |name| raw(attributes, name).and_then(decoded).unwrap_or_default();
        let template = value("queryTemplate");
        let adds_query = matches!(&*value("useMPDUrlQuery"), "true" | "1");
        let is_ours = local == "UrlQueryInfo"
            && attributes.len() == 2
            && template == QUERY_PART
            && is_signature(&value("queryString"));
        if let Some(Open { within: Within::UrlParameters(property), .. }) = self.open.last_mut() {
            let is_signer = is_ours && *property == Property::Unknown;
            *property = if is_signer { Property::Signer } else { Property::Author };
            if is_signer {
                return;
            }
        }
        let takes_signature = template.contains(QUERY_PART) || template.contains("$query:Signature$");
        self.outline.player_adds_query |= adds_query && takes_signature;
        self.outline.cannot_be_described = true;
    }
}

fn addressing(local: &str) -> Option<Addressing> {
    match local {
        "SegmentTemplate" | "SegmentList" => Some(Addressing::Files),
        "SegmentBase" => Some(Addressing::BaseUrl),
        _ => None,
    }
}
